from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from xshot.datasets.split import draw_split

single = st.lists(st.sampled_from("abc").map(lambda label: (label,)), min_size=1, max_size=80)
several = st.lists(
    st.sets(st.sampled_from("abcde"), min_size=1, max_size=3).map(lambda s: tuple(sorted(s))),
    min_size=1,
    max_size=80,
)
fractions = st.floats(0.05, 0.95)
at_least = st.integers(1, 10)


def draw(labels, items=None, *, seed=0, test_fraction=0.4, min_test=5):
    items = items or [f"item{i:03}" for i in range(len(labels))]
    return draw_split(items, labels, seed=seed, test_fraction=test_fraction, min_test=min_test)


def class_counts(labels, splits):
    count = defaultdict(lambda: {"train": 0, "test": 0})
    for names, split in zip(labels, splits, strict=True):
        for name in names:
            count[name][split] += 1
    return count


@given(labels=single, fraction=fractions, min_test=at_least)
def test_share_of_each_class(labels, fraction, min_test):
    splits = draw(labels, test_fraction=fraction, min_test=min_test)
    for count in class_counts(labels, splits).values():
        size = sum(count.values())
        assert count["test"] == max(min(min_test, size), round(fraction * size))


@given(labels=several, fraction=fractions, min_test=at_least)
def test_several_labels_keep_the_minimum(labels, fraction, min_test):
    splits = draw(labels, test_fraction=fraction, min_test=min_test)
    assert set(splits) <= {"train", "test"}
    for count in class_counts(labels, splits).values():
        assert count["test"] >= min(min_test, sum(count.values()))


@given(labels=several, random=st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(labels, random):
    items = [f"item{i}" for i in range(len(labels))]
    expected = dict(zip(items, draw(labels, items), strict=True))
    order = list(range(len(labels)))
    random.shuffle(order)
    shuffled = draw([labels[i] for i in order], [items[i] for i in order])
    assert [expected[items[i]] for i in order] == shuffled


@given(labels=several, pictures=st.data())
def test_rows_of_one_picture_stay_together(labels, pictures):
    items = [pictures.draw(st.sampled_from(["p", "q", "r", "s"])) for _ in labels]
    splits = draw(labels, items, min_test=1)
    for item in set(items):
        assert len({s for i, s in zip(items, splits, strict=True) if i == item}) == 1


def test_a_new_class_leaves_the_others_alone():
    before = draw([("a",)] * 30 + [("b",)] * 20)
    after = draw([("a",)] * 30 + [("b",)] * 20 + [("c",)] * 7)
    assert after[:50] == before


def test_seed_redraws():
    labels = [("a",)] * 30
    assert draw(labels, seed=0) == draw(labels, seed=0)
    assert draw(labels, seed=0) != draw(labels, seed=1)


def test_frequent_class_gets_its_share_though_rarer_ones_draw_first():
    # every `sky` is also one of four rarer classes or alone
    labels = [("sky", f"rare{i % 4}") for i in range(200)] + [("sky",)] * 800
    count = class_counts(labels, draw(labels))
    assert count["sky"]["test"] == 400
    assert all(count[f"rare{i}"]["test"] == 20 for i in range(4))


def test_smallest_openmoji_class_leaves_seven_for_training():
    assert draw([("a",)] * 12).count("train") == 7
