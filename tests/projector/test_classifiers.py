"""Linear classifiers of the members against torch's autograd and scikit-learn."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import Ridge
from torch.nn import functional as F

from xshot.projector import classifiers
from xshot.projector.classifiers import RIDGE, fit_probe, fit_regression, with_classifiers
from xshot.projector.gathering import gather_evidence


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


@pytest.fixture
def sample(rng):
    """Rows (40, 8) with shares of 5 classes, some with several, and prompts."""
    rows = unit(rng.normal(size=(40, 8))).astype(np.float32)
    shares = rng.uniform(size=(40, 5)) * (rng.uniform(size=(40, 5)) < 0.4)
    shares[:5] += np.eye(5)
    prompts = unit(rng.normal(size=(5, 8))).astype(np.float32)
    return rows, shares.astype(np.float32), prompts


def test_the_probe_descends_as_autograd_does(sample):
    """SGD with momentum for w, plain steps for alpha at every tenth."""
    rows, shares, prompts = map(torch.from_numpy, sample)
    worth = shares.sum(dim=1)
    total = worth.sum().item()
    named = rows @ prompts.T
    weights = (shares.T @ rows / shares.sum(dim=0)[:, None]).requires_grad_()
    alpha = torch.full((5,), 250 * (shares * named).sum().item() / total, requires_grad=True)
    largest = torch.linalg.eigvalsh(rows.T @ (worth[:, None] * rows))[-1].item()
    descent = torch.optim.SGD([weights], lr=4 * total / largest, momentum=0.9)
    alpha_step = total / (4 * (worth[:, None] * named**2).sum(dim=0).max().item())
    for iteration in range(1, 36):
        logits = rows @ weights.T + alpha * named
        loss = -(shares * F.log_softmax(logits, dim=1)).sum() / total
        descent.zero_grad()
        alpha.grad = None
        loss.backward()
        descent.step()
        if iteration % 10 == 0:
            alpha.data -= alpha_step * alpha.grad
    ours, our_alpha = fit_probe(*sample, steps=35)
    assert_allclose(ours, weights.detach(), rtol=1e-3, atol=1e-3)
    assert_allclose(our_alpha, alpha.detach(), rtol=1e-3)


def test_the_regression_is_that_of_scikit_learn(sample):
    rows, shares, _ = sample
    worth = shares.sum(axis=1)
    has = worth > 0
    ridge = Ridge(alpha=RIDGE * worth.sum() / 8, fit_intercept=False)
    targets = shares[has] / worth[has, None] - 1 / 5
    ridge.fit(rows[has].astype(float), targets, sample_weight=worth[has])
    assert_allclose(fit_regression(rows, shares), ridge.coef_, rtol=1e-4, atol=1e-5)


def gather(training, shrinkage=0.4):
    return gather_evidence(training, prompt_weight=3.0, shrinkage=shrinkage, sharpness=10.0)


def test_the_regression_learns_from_both_modalities_and_the_probe_from_its_own(training):
    image, text = gather(training)
    other = replace(text, members=text.members[::-1].copy())
    changed, _ = with_classifiers(image, other)
    assert_array_equal(changed.classifiers[0], image.classifiers[0])
    assert np.abs(changed.classifiers[1] - image.classifiers[1]).max() > 1e-2


def test_the_other_modality_is_compared_by_the_own_metric(training):
    """With one set of rows on both sides and different metrics, the own metric serves both."""
    image, text = gather(replace(training, text=training.image))
    seen = np.concatenate([image.members] * 2)
    alone = fit_regression(seen, np.concatenate([image.shares, text.shares]))
    assert_allclose(image.classifiers[1], alone, rtol=1e-3, atol=1e-4)


def test_they_tell_training_rows_apart_better_than_names_do(training):
    classes = training.labels.argmax(axis=1)
    right = {"name": 0, "probe": 0, "regression": 0}
    for side, rows in zip(gather(training), (training.image, training.text), strict=True):
        for kind, scores in zip(side.kinds, side.scores(rows, rows), strict=True):
            if kind in right:
                right[kind] += (scores.argmax(axis=1) == classes).sum()
    assert min(right["probe"], right["regression"]) > right["name"]


def test_of_many_classes_the_probe_sees_few_rows_each(training, monkeypatch):
    whole, _ = gather(training)
    monkeypatch.setattr(classifiers, "MAX_SCORES", 36)  # 6 classes: one row each
    few, _ = gather(training)
    one_each = np.array([np.flatnonzero(training.labels[:, c])[0] for c in range(6)])
    known = len(whole.members) - 6
    places = np.r_[one_each, known + np.arange(6)]
    shares = whole.shares[places]
    prompts = unit(training.prompts @ whole.metric).astype(np.float32)
    weights, alpha = fit_probe(
        whole.members[places], shares / shares.sum(axis=0), prompts, steps=classifiers.STEPS
    )
    expected = weights + alpha[:, None] * prompts
    expected /= np.linalg.norm(expected, axis=1).mean()
    assert_allclose(few.classifiers[0], expected, rtol=1e-3, atol=1e-4)
    assert_array_equal(few.classifiers[1], whole.classifiers[1])


def test_rows_that_are_all_alike_say_nothing_and_break_nothing(training):
    same = replace(training, image=np.zeros_like(training.image))
    for side in gather(same):
        assert np.isfinite(side.classifiers).all()
