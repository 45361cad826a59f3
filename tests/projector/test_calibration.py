"""Weights of evidence against scikit-learn's logistic regression and known distributions."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import check_grad
from scipy.special import softmax
from sklearn.metrics import log_loss

from xshot.projector.calibration import Judged, _cross_entropy, _problem, fit_weights, posterior

KINDS = ("name", "members")
IS_TARGET = np.array([False, False, True, True, True])


def draw(rng, weights, source, n=4000):
    """Rows whose class is drawn from the posterior that these weights give."""
    scores = rng.normal(size=(2, n, 5)).astype(np.float32)
    logits = np.tensordot(weights, scores, 1) - source * ~IS_TARGET
    classes = [rng.choice(5, p=p) for p in softmax(logits, axis=1)]
    return Judged(KINDS, scores, np.eye(5, dtype=bool)[classes], IS_TARGET)


def balanced(judged):
    """Row weights: target rows and source rows count half each."""
    target = (judged.labels & IS_TARGET).any(axis=1)
    return np.where(target, 0.5 / target.sum(), 0.5 / (~target).sum())


def test_finds_the_weights_that_drew_the_classes(rng):
    judged = draw(rng, [1.5, 0.7], source=0.0)
    found = fit_weights([judged])
    assert found["name"] == pytest.approx(1.5, abs=0.15)
    assert found["members"] == pytest.approx(0.7, abs=0.15)


def test_no_other_weights_are_more_likely(rng):
    judged = draw(rng, [3.0, 1.0], source=1.0, n=300)
    found = fit_weights([judged])

    def loss(weights):
        shares = posterior(judged.scores, IS_TARGET, KINDS, weights)
        return log_loss(judged.labels.argmax(1), shares, sample_weight=balanced(judged))

    best = loss(found)
    for name in found:
        for step in (-0.3, 0.3):
            assert loss(found | {name: found[name] + step}) > best


def test_source_is_what_balances_source_and_target(rng):
    """The same rows, with every source class that much likelier: only `source` changes."""
    judged = draw(rng, [2.0, 1.0], source=0.0, n=500)
    lifted = judged.scores.copy()
    lifted[0][:, ~IS_TARGET] += 0.5
    plain = fit_weights([judged])
    shifted = fit_weights([Judged(KINDS, lifted, judged.labels, IS_TARGET)])
    assert shifted["name"] == pytest.approx(plain["name"], abs=0.02)
    assert shifted["source"] == pytest.approx(plain["source"] + 0.5 * plain["name"], abs=0.05)


def test_pseudo_episodes_count_alike_whatever_their_size(rng):
    small, large = draw(rng, [1.0, 2.0], 0.0, n=60), draw(rng, [3.0, 0.5], 0.0, n=400)
    repeated = Judged(
        KINDS, np.tile(small.scores, (1, 5, 1)), np.tile(small.labels, (5, 1)), IS_TARGET
    )
    assert fit_weights([small, large]) == pytest.approx(fit_weights([repeated, large]), abs=1e-2)


def test_perfect_evidence_does_not_run_away(rng):
    labels = np.eye(5, dtype=bool)[rng.integers(5, size=50)]
    scores = np.stack([labels, labels]).astype(np.float32)
    found = fit_weights([Judged(KINDS, scores, labels, IS_TARGET)])
    assert all(np.isfinite(weight) and abs(weight) < 50 for weight in found.values())


def test_rows_of_one_side_alone_are_enough(rng):
    judged = draw(rng, [1.0, 1.0], 0.0, n=100)
    rows = (judged.labels & IS_TARGET).any(axis=1)
    found = fit_weights([Judged(KINDS, judged.scores[:, rows], judged.labels[rows], IS_TARGET)])
    assert all(np.isfinite(list(found.values())))


def test_several_labels_share_a_row(rng):
    scores = rng.normal(size=(2, 3, 5)).astype(np.float32)
    labels = np.array([[1, 0, 1, 0, 0], [0, 1, 0, 0, 0], [0, 0, 0, 1, 1]], bool)
    weights = np.array([2.0, 0.5, 0.3])
    value, _ = _cross_entropy(weights, *_problem(Judged(KINDS, scores, labels, IS_TARGET)))
    shares = posterior(scores, IS_TARGET, KINDS, {"name": 2.0, "members": 0.5, "source": 0.3})
    # Rows 0 and 2 have a target label: a quarter each; row 1 alone is the source half.
    log = np.log(shares)
    expected = -((log[0, 0] + log[0, 2]) / 8 + log[1, 1] / 2 + (log[2, 3] + log[2, 4]) / 8)
    assert value == pytest.approx(expected, abs=1e-6)


def test_gradient(rng):
    problem = _problem(draw(rng, [1.0, 1.0], 0.5, n=40))
    error = check_grad(
        lambda w: _cross_entropy(w, *problem)[0],
        lambda w: _cross_entropy(w, *problem)[1],
        np.array([1.0, -2.0, 0.5]),
    )
    assert error < 1e-5


def test_posterior_is_a_softmax_of_weighted_evidence(rng):
    scores = rng.normal(size=(2, 7, 5)).astype(np.float32)
    weights = {"name": 3.0, "members": -1.0, "source": 0.7}
    expected = softmax(3 * scores[0] - scores[1] - [0.7, 0.7, 0, 0, 0], axis=1)
    assert_allclose(posterior(scores, IS_TARGET, KINDS, weights), expected, rtol=1e-4)


def test_the_same_rows_give_the_same_weights(rng):
    judged = draw(rng, [1.0, 2.0], 0.0, n=200)
    assert fit_weights([judged, judged]) == fit_weights([judged, judged])
