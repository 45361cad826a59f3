from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score
from torchmetrics.retrieval import RetrievalMAP

from tests.retrieval.oracles import average_precision, random_task, relevance_in_order
from xshot.retrieval.metrics import RECALL_AT, mean_metrics, score_queries
from xshot.retrieval.ranking import Task

seeds = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("block_scores", [1, 100, 2**24])
def test_ap_equals_scikit_learn(several, block_scores):
    task = random_task(np.random.default_rng(0), several=several)
    relevant = task.query_labels.astype(int) @ task.item_labels.T > 0
    expected = [
        average_precision_score(row, scores)
        for row, scores in zip(relevant, task.queries @ task.items.T, strict=True)
    ]
    scores = score_queries(task, block_scores=block_scores)
    np.testing.assert_allclose(scores.ap, expected, atol=1e-6)
    np.testing.assert_array_equal(scores.n_relevant, relevant.sum(axis=1))


def test_map_equals_torchmetrics():
    task = random_task(np.random.default_rng(1))
    relevant = task.query_labels.astype(int) @ task.item_labels.T > 0
    # Cosines shifted to be positive: torchmetrics drops relevant items with scores up to 0.
    scores = (1 + torch.from_numpy(task.queries @ task.items.T)) / 2
    query = torch.arange(len(task.queries))[:, None].expand_as(scores)
    metric = RetrievalMAP()
    metric.update(scores.flatten(), torch.from_numpy(relevant).flatten(), indexes=query.flatten())
    assert mean_metrics(score_queries(task))["map"] == pytest.approx(float(metric.compute()))


def test_every_metric_equals_its_definition():
    # Sparse relevance: some queries find nothing in the top 50, some find nothing at all.
    task = random_task(np.random.default_rng(2), n_queries=30, n_items=150, n_classes=60)
    orders = [relevance_in_order(task, query) for query in range(30)]
    counted = [order for order in orders if any(order)]
    assert 0 < len(counted) < 30
    assert any(not any(order[:50]) for order in counted)
    expected = {
        "map": np.mean([average_precision(order) for order in counted]),
        "map_at_50": np.mean([average_precision(order[:50]) for order in counted]),
        **{f"recall_at_{k}": np.mean([any(order[:k]) for order in counted]) for k in RECALL_AT},
    }
    scores = score_queries(task)
    assert mean_metrics(scores) == pytest.approx(expected)
    np.testing.assert_array_equal(scores.counted, [any(order) for order in orders])
    np.testing.assert_array_equal(
        scores.recall, [[any(order[:k]) for k in RECALL_AT] for order in orders]
    )


def test_hand_derived_values():
    """Relevant at ranks 1, 50 and 51: AP = (1/1 + 2/50 + 3/51) / 3, AP@50 = (1/1 + 2/50) / 2."""
    angles = np.linspace(0.1, 1.5, 60)
    items = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    relevant = np.zeros((60, 1), dtype=bool)
    relevant[[0, 49, 50]] = True
    query = np.array([[1, 0]], dtype=np.float32)
    scores = score_queries(Task(query, items, np.ones((1, 1), bool), relevant))
    assert scores.ap[0] == pytest.approx((1 + 2 / 50 + 3 / 51) / 3)
    assert scores.ap_at_50[0] == pytest.approx((1 + 2 / 50) / 2)
    assert scores.recall[0].tolist() == [1, 1, 1]


@given(seeds)
def test_ap_lies_between_0_and_1_and_recall_grows(seed):
    metrics = mean_metrics(score_queries(random_task(np.random.default_rng(seed), 10, 20)))
    assert all(0 <= value <= 1 for value in metrics.values())
    assert metrics["recall_at_1"] <= metrics["recall_at_5"] <= metrics["recall_at_10"]


@given(seeds)
def test_order_of_the_gallery_does_not_matter_without_ties(seed):
    rng = np.random.default_rng(seed)
    task = random_task(rng, 10, 20, several=True)
    shuffle = rng.permutation(20)
    shuffled = replace(task, items=task.items[shuffle], item_labels=task.item_labels[shuffle])
    np.testing.assert_allclose(score_queries(shuffled).ap, score_queries(task).ap, atol=1e-6)


@given(seeds)
def test_perfect_ranking_scores_1(seed):
    rng = np.random.default_rng(seed)
    labels = np.eye(4, dtype=bool)[rng.integers(4, size=30)]
    embeddings = labels.astype(np.float32)
    metrics = mean_metrics(score_queries(Task(embeddings, embeddings, labels, labels)))
    assert set(metrics.values()) == {1.0}


def test_no_query_has_a_relevant_item():
    task = random_task(np.random.default_rng(0), 5, 7)
    none = replace(task, item_labels=np.zeros_like(task.item_labels))
    scores = score_queries(none)
    assert not scores.counted.any()
    assert set(mean_metrics(scores).values()) == {0.0}


def test_single_query_single_item():
    one = np.ones((1, 1), dtype=np.float32)
    metrics = mean_metrics(score_queries(Task(one, one, one.astype(bool), one.astype(bool))))
    assert set(metrics.values()) == {1.0}


def test_no_queries():
    task = random_task(np.random.default_rng(0), 5, 7)
    empty = replace(task, queries=task.queries[:0], query_labels=task.query_labels[:0])
    assert set(mean_metrics(score_queries(empty)).values()) == {0.0}
