import math

import pytest
import torch

from xshot.projector.losses.dscmr import dscmr_loss, invariance_loss, label_loss, pairwise_loss

LABELS = torch.tensor([[1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 0]]).double()


def test_label_loss_equals_a_loop(unit, generator):
    embeddings = unit(2, 4, 5)
    weights = torch.randn(3, 5, dtype=torch.float64, generator=generator)
    expected = 0.0
    for modality in embeddings:
        for row, label in zip(modality, LABELS, strict=True):
            errors = [float(w @ row - y) for w, y in zip(weights, label, strict=True)]
            expected += math.sqrt(sum(error * error for error in errors)) / 4
    assert float(label_loss(embeddings, weights, LABELS)) == pytest.approx(expected, abs=1e-12)


def test_pairwise_loss_equals_a_double_loop(unit):
    embeddings = unit(2, 4, 5)
    image, text = embeddings
    expected = 0.0
    for left, right in ((image, text), (image, image), (text, text)):
        for i in range(4):
            for j in range(4):
                logit = float(left[i] @ right[j]) / 2
                same = float(bool((LABELS[i] * LABELS[j]).sum() > 0))
                expected += (math.log(1 + math.exp(logit)) - same * logit) / 16
    assert float(pairwise_loss(embeddings, LABELS)) == pytest.approx(expected, abs=1e-12)


def test_invariance_loss_is_the_mean_distance_of_partners():
    embeddings = torch.tensor([[[1.0, 0.0], [0.0, 1.0]], [[-1.0, 0.0], [0.0, 1.0]]])
    assert float(invariance_loss(embeddings)) == pytest.approx(1.0)  # (2 + 0) / 2


def test_whole_objective_weighs_the_parts_as_published(unit, generator):
    embeddings = unit(2, 4, 5)
    weights = torch.randn(3, 5, dtype=torch.float64, generator=generator)
    expected = (
        label_loss(embeddings, weights, LABELS)
        + 0.001 * pairwise_loss(embeddings, LABELS)
        + 0.1 * invariance_loss(embeddings)
    )
    assert torch.equal(dscmr_loss(embeddings, weights, LABELS), expected)


def test_gradient(unit, generator):
    weights = torch.randn(3, 5, dtype=torch.float64, generator=generator).requires_grad_()
    embeddings = unit(2, 4, 5).requires_grad_()
    assert torch.autograd.gradcheck(lambda e, w: dscmr_loss(e, w, LABELS), (embeddings, weights))


def test_partners_that_agree_keep_the_gradient_finite(unit):
    image = unit(1, 4, 5)
    embeddings = image.repeat(2, 1, 1).requires_grad_()
    dscmr_loss(embeddings, torch.zeros(3, 5).double(), LABELS).backward()
    assert torch.isfinite(embeddings.grad).all()
