import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from tests.retrieval.oracles import random_task, relevance_in_order
from xshot.retrieval.ranking import Task, map_rankings


def ranks_by_query(task, **options):
    parts = map_rankings(lambda ranked: ranked, task, **options)
    return [
        part.ranks[part.query == query].tolist()
        for part in parts
        for query in range(len(part.n_relevant))
    ]


def naive_ranks(task):
    relevance = [relevance_in_order(task, query) for query in range(len(task.queries))]
    return [(np.flatnonzero(row) + 1).tolist() for row in relevance]


@st.composite
def tasks_with_ties(draw):
    """Small whole numbers: every inner product is exact, and many of them tie."""
    n_queries, n_items, n_classes = (draw(st.integers(1, n)) for n in (4, 12, 4))
    whole = st.integers(-2, 2).map(np.float32)
    return Task(
        draw(nps.arrays(np.float32, (n_queries, 2), elements=whole)),
        draw(nps.arrays(np.float32, (n_items, 2), elements=whole)),
        draw(nps.arrays(np.bool_, (n_queries, n_classes))),
        draw(nps.arrays(np.bool_, (n_items, n_classes))),
    )


@given(tasks_with_ties())
def test_ranks_are_those_of_a_stable_sort(task):
    assert ranks_by_query(task) == naive_ranks(task)


@given(tasks_with_ties(), st.integers(1, 40), st.integers(1, 3))
def test_neither_blocks_nor_threads_change_ranks(task, block_scores, threads):
    in_blocks = ranks_by_query(task, block_scores=block_scores, threads=threads)
    assert in_blocks == ranks_by_query(task)


@pytest.mark.parametrize("several", [False, True])
def test_ranks_of_real_valued_scores(several):
    task = random_task(np.random.default_rng(0), several=several)
    assert ranks_by_query(task, block_scores=700, threads=2) == naive_ranks(task)


def test_equal_scores_rank_by_place_also_for_opposite_zeros():
    items = np.array([[-0.0, 1], [0.0, 1], [-0.0, -1], [0.0, -1]], dtype=np.float32)
    queries = np.array([[1, 0], [-1, 0]], dtype=np.float32)
    labels = np.eye(4, dtype=bool)[[1, 0, 1, 0]]
    task = Task(queries, items, labels[:2], labels)
    assert ranks_by_query(task) == [[1, 3], [2, 4]]


def test_identical_embeddings_rank_by_place():
    same = np.full((300, 4), 0.5, dtype=np.float32)
    labels = np.eye(3, dtype=bool)[np.arange(300) % 3]
    ranks = ranks_by_query(Task(same, same, labels, labels))
    assert ranks == [list(range(1 + query % 3, 301, 3)) for query in range(300)]


def test_large_gallery_is_cut_into_rows():
    rng = np.random.default_rng(1)
    task = random_task(rng, n_queries=3, n_items=150_000)
    ranks = ranks_by_query(task)
    scores = task.queries.astype(np.float64) @ task.items.T.astype(np.float64)
    for query, found in enumerate(ranks):
        relevant = (task.item_labels & task.query_labels[query]).any(axis=1)
        expected = np.flatnonzero(relevant[np.argsort(-scores[query], kind="stable")]) + 1
        # Near-ties may swap between float32 and float64.
        assert np.abs(np.array(found) - expected).max() <= 3


def test_unlabelled_rows_match_nothing():
    embeddings = np.eye(3, dtype=np.float32)
    labels = np.zeros((3, 2), dtype=bool)
    assert ranks_by_query(Task(embeddings, embeddings, labels, labels)) == [[], [], []]


@pytest.mark.parametrize(("n_queries", "n_items"), [(0, 3), (3, 0), (0, 0)])
def test_nothing_to_ask_or_to_answer(n_queries, n_items):
    queries, items = np.eye(3, dtype=np.float32)[:n_queries], np.eye(3, dtype=np.float32)[:n_items]
    task = Task(queries, items, np.ones((n_queries, 1), bool), np.ones((n_items, 1), bool))
    assert ranks_by_query(task) == [[]] * n_queries


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"queries": np.full((4, 8), np.nan, np.float32)}, "queries: .*not finite"),
        ({"items": np.full((6, 8), np.inf, np.float32)}, "items: .*not finite"),
        ({"queries": np.ones((3, 8), np.float32)}, "queries: 3 embeddings, 4 labels"),
        ({"items": np.ones((6, 7), np.float32)}, "dimension"),
        ({"item_labels": np.ones((6, 9), bool)}, "classes"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    task = random_task(np.random.default_rng(0), n_queries=4, n_items=6)
    with pytest.raises(ValueError, match=message):
        Task(**{**vars(task), **change})


@pytest.mark.parametrize("n_classes", [1, 63, 64, 65, 130])
def test_any_number_of_classes_with_several_labels(n_classes):
    rng = np.random.default_rng(n_classes)
    queries, items = (rng.normal(size=(n, 4)).astype(np.float32) for n in (9, 40))
    own, others = (rng.random((n, n_classes)) < 3 / n_classes for n in (9, 40))
    order = np.argsort(-(queries @ items.T), axis=1, kind="stable")
    shared = (own[:, None] & others).any(axis=2)
    expected = [(np.flatnonzero(shared[q][order[q]]) + 1).tolist() for q in range(9)]
    assert ranks_by_query(Task(queries, items, own, others)) == expected
