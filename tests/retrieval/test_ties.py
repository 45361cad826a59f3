"""Metrics where scores tie: their means over all orders of the ties."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps
from scipy.stats import hypergeom

from tests.retrieval.oracles import (
    average_precision,
    random_task,
    relevance_in_every_order,
    relevance_in_order,
    unit_rows,
)
from tests.retrieval.test_curves import naive_curve
from xshot.retrieval import metrics
from xshot.retrieval.curves import precision_recall
from xshot.retrieval.galleries import DIRECTIONS, GALLERIES, Embeddings
from xshot.retrieval.metrics import RECALL_AT, mean_metrics, score_queries
from xshot.retrieval.ranking import Task, map_rankings
from xshot.retrieval.ties import relevant_orders
from xshot.retrieval.tree import evaluate_systems


@st.composite
def tasks_with_ties(draw, most_items=7):
    """Small whole numbers: every inner product is exact, and many of them tie."""
    n_queries, n_items, n_classes = (draw(st.integers(1, n)) for n in (3, most_items, 3))
    whole = st.integers(-1, 1).map(np.float32)
    return Task(
        draw(nps.arrays(np.float32, (n_queries, 2), elements=whole)),
        draw(nps.arrays(np.float32, (n_items, 2), elements=whole)),
        draw(nps.arrays(np.bool_, (n_queries, n_classes))),
        draw(nps.arrays(np.bool_, (n_items, n_classes))),
    )


def all_the_same(relevant):
    """One query, whose every item scores the same."""
    relevant = np.array(relevant, dtype=bool)[:, None]
    same = np.ones((len(relevant), 2), np.float32)
    return Task(same[:1], same, np.ones((1, 1), bool), relevant)


def over_orders(task, query, metric):
    return np.mean([metric(order) for order in relevance_in_every_order(task, query)], axis=0)


@settings(deadline=None, max_examples=60)
@given(tasks_with_ties(), st.integers(1, 4))
@example(all_the_same([1, 0, 1, 0, 0, 1, 0]), 3)
def test_every_metric_is_its_mean_over_all_orders(task, top):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metrics, "TOP", top)
        scores = score_queries(task)
    for query in range(len(task.queries)):
        expected = over_orders(task, query, average_precision)
        assert scores.ap[query] == pytest.approx(expected, abs=1e-12)
        expected = over_orders(task, query, lambda order: average_precision(order[:top]))
        assert scores.ap_at_50[query] == pytest.approx(expected, abs=1e-12)
        expected = over_orders(task, query, lambda order: [any(order[:k]) for k in RECALL_AT])
        np.testing.assert_allclose(scores.recall[query], expected, atol=1e-12)


@settings(deadline=None, max_examples=40)
@given(tasks_with_ties(most_items=6))
@example(all_the_same([0, 1, 0, 1, 1, 0]))
def test_the_curve_is_its_mean_over_all_orders(task):
    counted = [q for q in range(len(task.queries)) if any(relevance_in_order(task, q))]
    curves = [over_orders(task, query, naive_curve) for query in counted]
    expected = np.mean(curves, axis=0) if curves else np.zeros(101)
    np.testing.assert_allclose(precision_recall(task), expected, atol=1e-12)


def test_the_tree_and_its_intervals_hold_the_means_over_all_orders():
    """Six pairs of two classes, whose embeddings take three values across the classes."""
    spots = unit_rows(np.array([[1.0, 0], [0, 1], [1, 1]]))[[0, 1, 2, 0, 1, 2]]
    labels = np.eye(2, dtype=bool)[[0, 0, 0, 1, 1, 1]]
    same = evaluate_systems(
        {"clip": Embeddings(spots, spots)}, labels, np.array([True, False]),
        resamples=200, rng=np.random.default_rng(0),
    )  # fmt: skip
    for name, direction in ((name, direction) for name in GALLERIES for direction in DIRECTIONS):
        gallery = same.galleries[name]
        task = gallery.task(Embeddings(spots, spots), direction)
        expected = [over_orders(task, q, average_precision) for q in range(3)]
        assert same.metrics["clip"][name][direction]["map"] == round(float(np.mean(expected)), 5)
        # Queries at the same spot of the same class are worth the same: so is their interval.
        np.testing.assert_allclose(same.scores["clip", name, direction].ap, expected)
    assert same.metrics["clip"]["generalized"]["avg"]["ci95"] > 0


@given(st.integers(0, 2**32 - 1))
def test_order_of_the_gallery_never_matters(seed):
    rng = np.random.default_rng(seed)
    task = random_task(rng, 5, 12, 3)
    same = rng.integers(4, size=12)
    task = replace(task, items=task.items[same])
    shuffle = rng.permutation(12)
    shuffled = replace(task, items=task.items[shuffle], item_labels=task.item_labels[shuffle])
    for one, other in zip(
        vars(score_queries(task)).values(), vars(score_queries(shuffled)).values(), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=1e-6)
    np.testing.assert_allclose(precision_recall(task), precision_recall(shuffled), atol=1e-6)


@pytest.mark.parametrize(("n_items", "copies"), [(7, 5), (1000, 3), (333, 7)])
def test_equal_items_tie_wherever_they_stand(n_items, copies):
    """A matrix product rounds equal columns unlike, as these sizes show on many processors."""
    rng = np.random.default_rng(0)
    items = unit_rows(rng.standard_normal((n_items, 300)))
    place = rng.permutation(np.repeat(np.arange(n_items), copies))
    relevant = np.zeros((len(place), 2), bool)
    relevant[np.unique(place, return_index=True)[1]] = True  # one of each item's copies
    queries = unit_rows(rng.standard_normal((20, 300)))
    task = Task(queries, items[place], np.ones((20, 2), bool), relevant)
    sizes = np.concatenate(map_rankings(lambda ranked: ranked.ties.size, task))
    np.testing.assert_array_equal(sizes, np.full(20 * n_items, copies))


def test_ties_of_one_kind_change_nothing():
    """Rows that share a text share its class: ranks as they were, to the last bit."""
    rng = np.random.default_rng(0)
    texts, classes = unit_rows(rng.standard_normal((12, 8))), np.arange(12) % 4
    rows = rng.permutation(np.repeat(np.arange(12), 5))
    labels = np.eye(4, dtype=bool)
    queries = unit_rows(rng.standard_normal((9, 8)))
    task = Task(queries, texts[rows], labels[np.arange(9) % 4], labels[classes[rows]])
    assert not any(map_rankings(lambda ranked: len(ranked.ties), task))
    expected = [average_precision(relevance_in_order(task, query)) for query in range(9)]
    np.testing.assert_allclose(score_queries(task).ap, expected)


def test_ap_at_50_of_a_large_tie_equals_scipy():
    """100,000 items tie: the relevant among the first 50 are hypergeometric."""
    n_items, n_relevant = 100_000, 30_000
    task = all_the_same(np.arange(n_items) < n_relevant)
    k, j = np.arange(1, 51)[:, None], np.arange(1, 51)
    given_k = (k / 50 * (1 + (j - 1) * (k - 1) / 49) / j).sum(axis=1) / k[:, 0]
    expected = hypergeom(n_items, n_relevant, 50).pmf(k[:, 0]) @ given_k
    assert score_queries(task).ap_at_50[0] == pytest.approx(expected, rel=1e-9)
    assert mean_metrics(score_queries(task))["recall_at_1"] == pytest.approx(0.3)


def test_many_orders_are_drawn_and_always_the_same():
    task = all_the_same(np.arange(60) % 3 == 0)
    (ties,) = map_rankings(lambda ranked: ranked.ties, task)
    drawn = relevant_orders(ties, most=4000)
    assert drawn.shape == (4000, 20)
    np.testing.assert_array_equal(drawn, relevant_orders(ties, most=4000))
    assert (np.diff(drawn, axis=1) > 0).all()
    # Every place is as likely: of 4000 draws a third, give or take five standard errors.
    shares = np.bincount(drawn.ravel(), minlength=61)[1:] / 4000
    np.testing.assert_allclose(shares, 1 / 3, atol=5 * np.sqrt(2 / 9 / 4000))
