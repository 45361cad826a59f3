"""LP++: its descent is that of torch's autograd, and K = 0 leaves prompts alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch.nn import functional as F

from xshot.projector.baselines import linear_probe
from xshot.projector.baselines.cross_modal import gather_cross_modal_evidence
from xshot.projector.baselines.linear_probe import fit_linear_probe, gather_linear_probe_evidence


def by_autograd(features, training, steps):
    """The same descent by torch: SGD with momentum for w, plain steps for alpha at every tenth."""
    rows, prompts = torch.from_numpy(features), torch.from_numpy(training.prompts)
    classes = torch.from_numpy(training.labels.argmax(axis=1))
    named = rows @ prompts.T
    own = named[torch.arange(len(rows)), classes]
    weights = torch.stack([rows[classes == c].mean(dim=0) for c in range(len(prompts))])
    alpha = torch.full((len(prompts),), 250 * own.mean().item(), requires_grad=True)
    weights.requires_grad_()
    step = 4 * len(rows) / torch.linalg.eigvalsh(rows.T @ rows)[-1].item()
    alpha_step = len(rows) / (4 * (named**2).sum(dim=0).max().item())
    descent = torch.optim.SGD([weights], lr=step, momentum=0.9)
    for iteration in range(1, steps + 1):
        loss = F.cross_entropy(rows @ weights.T + alpha * named, classes)
        descent.zero_grad()
        alpha.grad = None
        loss.backward()
        descent.step()
        if iteration % 10 == 0:
            alpha.data -= alpha_step * alpha.grad
    return (weights + alpha[:, None] * prompts).detach().numpy()


def test_the_descent_is_that_of_autograd(training, monkeypatch):
    monkeypatch.setattr(linear_probe, "STEPS", 35)
    for features in (training.image, training.text):
        expected = by_autograd(features, training, 35)
        assert_allclose(fit_linear_probe(features, training), expected, rtol=1e-3, atol=1e-3)


def test_it_classifies_its_rows_better_than_the_prompts_do(training):
    classes = training.labels.argmax(axis=1)
    for features, evidence in zip(
        (training.image, training.text), gather_linear_probe_evidence(training), strict=True
    ):
        scores, _ = evidence.scores(features, features)
        assert (scores.argmax(axis=1) == classes).all()
        assert ((features @ training.prompts.T).argmax(axis=1) == classes).mean() < 1


def test_a_class_without_rows_is_its_prompt(training_without_support):
    training = training_without_support
    classifier = fit_linear_probe(training.image, training)
    target = classifier[training.is_target]
    assert_allclose(
        target / np.linalg.norm(target, axis=1, keepdims=True),
        training.prompts[training.is_target],
        atol=1e-5,
    )


@pytest.mark.parametrize("gather", [gather_linear_probe_evidence, gather_cross_modal_evidence])
def test_a_picture_of_several_texts_is_one_sample_among_the_images(training, gather):
    rows = np.r_[np.arange(21), [0, 0, 20]]
    several = training.take(rows, rows)
    image, _ = gather(several)
    if gather is gather_linear_probe_evidence:
        assert_array_equal(image.prompts, gather(training)[0].prompts)
    else:
        other = several.image.copy()
        other[21:] = -other[21:]  # never seen
        assert_array_equal(image.prompts, gather(replace(several, image=other))[0].prompts)
