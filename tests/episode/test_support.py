from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from xshot.episode.labels import rows_per_class
from xshot.episode.support import draw_support


def test_single_label_takes_the_first_k_of_every_pool():
    pools = {"a": ["a2", "a0", "a1"], "b": ["b1", "b0"]}
    assert list(draw_support(pools, 2)) == ["b1", "a2", "b0", "a0"]


def test_a_row_counts_for_the_rarest_class_that_it_lacks():
    # `both` is the first row of either class; the rarer one gets it, the other takes its next.
    pools = {"common": ["both", "c1", "c2"], "rare": ["both", "r1"]}
    support = draw_support(pools, 1)
    assert support == {"both": "rare", "c1": "common"}
    # In the second round `rare` is full no longer, so it takes its own row before `common` does.
    assert draw_support(pools, 2) == {**support, "r1": "rare", "c2": "common"}


def test_a_common_class_spares_the_rows_of_rarer_ones():
    pools = {"common": ["both1", "both2", "c1", "c2"], "rare": ["both1", "both2"]}
    support = draw_support(pools, 2)
    assert Counter(support.values()) == {"rare": 2, "common": 2}
    assert support["both1"] == support["both2"] == "rare"


def test_a_class_that_runs_out_gets_fewer():
    assert Counter(draw_support({"a": ["a0"], "b": ["b0", "b1"]}, 3).values()) == {"a": 1, "b": 2}


@given(
    st.lists(
        st.lists(st.sampled_from("abcd"), min_size=1, max_size=3, unique=True).map(tuple),
        max_size=20,
    ),
    st.integers(0, 6),
)
def test_no_class_gets_more_than_k_or_a_row_that_is_not_its_own(labels, k_shot):
    rows = {f"row{place}": names for place, names in enumerate(labels)}
    support = draw_support(rows_per_class(rows, rows, "abcd"), k_shot)
    assert all(name in rows[row] for row, name in support.items())
    dealt = Counter(support.values())
    assert all(count <= k_shot for count in dealt.values())
    # Nobody is short while a row of theirs lies unused.
    for name in "abcd":
        if dealt[name] < k_shot:
            assert all(row in support for row, names in rows.items() if name in names)
