import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.retrieval.oracles import random_task, relevance_in_order, unit_rows
from xshot.retrieval.curves import RECALL_PERCENT, class_ap, precision_recall
from xshot.retrieval.metrics import mean_metrics, score_queries
from xshot.retrieval.ranking import Task


def naive_curve(relevance):
    found, points = 0, []
    for rank, relevant in enumerate(relevance, start=1):
        found += relevant
        points.append((found, found / rank))
    # found * 100 >= percent * all says the same as recall >= percent / 100, without rounding.
    total = found
    return [
        max(precision for found, precision in points if found * 100 >= percent * total)
        for percent in RECALL_PERCENT
    ]


@given(st.integers(0, 2**32 - 1), st.integers(1, 2))
def test_curve_equals_its_definition(seed, threads):
    rng = np.random.default_rng(seed)
    task = random_task(rng, n_queries=6, n_items=15, n_classes=8, several=bool(seed % 2))
    orders = [relevance_in_order(task, query) for query in range(6)]
    counted = [naive_curve(order) for order in orders if any(order)]
    expected = np.mean(counted, axis=0) if counted else np.zeros(101)
    np.testing.assert_allclose(precision_recall(task, threads=threads), expected, atol=1e-9)


def test_curve_of_many_queries_over_a_gallery_of_two():
    """Tens of thousands of queries in one tile: the running maximum must keep its digits."""
    rng = np.random.default_rng(0)
    items = np.eye(2, dtype=np.float32)
    labels = np.eye(2, dtype=bool)
    queries = unit_rows(rng.standard_normal((30_000, 2)))
    classes = rng.integers(2, size=30_000)
    first = np.where(classes == 1, queries[:, 1] > queries[:, 0], queries[:, 0] > queries[:, 1])
    curve = precision_recall(Task(queries, items, labels[classes], labels))
    np.testing.assert_allclose(curve, np.mean(np.where(first, 1, 0.5)), rtol=1e-9)


def test_class_ap_is_the_mean_over_the_class():
    task = random_task(np.random.default_rng(0), n_classes=6, several=True)
    scores = score_queries(task)
    for label, value in enumerate(class_ap(scores, task.query_labels)):
        assert value == pytest.approx(scores.ap[task.query_labels[:, label]].mean())


def test_class_ap_of_single_labels_averages_to_map():
    task = random_task(np.random.default_rng(1), n_classes=3)
    scores = score_queries(task)
    sizes = task.query_labels.sum(axis=0)
    mean = np.average(class_ap(scores, task.query_labels), weights=sizes)
    assert mean == pytest.approx(mean_metrics(scores)["map"])


def test_class_without_an_answerable_query_has_no_ap():
    """Nobody asks for class 1, and nothing answers class 2."""
    embeddings = np.eye(3, dtype=np.float32)
    asked, offered = np.eye(3, dtype=bool)[[0, 0, 2]], np.eye(3, dtype=bool)[[0, 1, 1]]
    scores = score_queries(Task(embeddings, embeddings, asked, offered))
    # For the second query place 0, which is relevant, ties with place 2: it ranks 2nd or 3rd.
    expected = [(1 + (1 / 2 + 1 / 3) / 2) / 2, np.nan, np.nan]
    np.testing.assert_allclose(class_ap(scores, asked), expected)
