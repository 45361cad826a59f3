import math

import pytest
import torch

from xshot.projector.losses.classification import classification_loss


def naive(embeddings, weights, targets, temperature):
    total, count = 0.0, 0
    for modality in embeddings:
        for row, shares in zip(modality, targets, strict=True):
            logits = [float(row @ w) / float(w.norm()) / temperature for w in weights]
            log_sum = math.log(sum(math.exp(logit) for logit in logits))
            total -= sum(float(p) * (z - log_sum) for p, z in zip(shares, logits, strict=True))
            count += 1
    return total / count


def test_equals_a_double_loop_with_soft_targets(unit, generator):
    embeddings = unit(2, 5, 4)
    weights = torch.randn(3, 4, dtype=torch.float64, generator=generator)
    labels = torch.tensor([[1, 0, 0], [1, 1, 0], [0, 0, 1], [1, 1, 1], [0, 1, 0]]).double()
    targets = labels / labels.sum(-1, keepdim=True)
    loss = classification_loss(embeddings, weights, targets, temperature=0.3)
    assert float(loss) == pytest.approx(naive(embeddings, weights, targets, 0.3), abs=1e-12)


def test_hand_derived_value():
    """One sample on its class's axis, the other class opposite: log(1 + e^(-2 / t))."""
    embeddings = torch.tensor([[[1.0, 0.0]]])
    weights = torch.tensor([[5.0, 0.0], [-0.1, 0.0]])
    loss = classification_loss(embeddings, weights, torch.tensor([[1.0, 0.0]]), temperature=0.5)
    assert float(loss) == pytest.approx(math.log(1 + math.exp(-4)), abs=1e-6)


def test_gradient(unit, generator):
    weights = torch.randn(3, 4, dtype=torch.float64, generator=generator).requires_grad_()
    embeddings = unit(2, 3, 4).requires_grad_()
    targets = torch.eye(3, dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda e, w: classification_loss(e, w, targets, temperature=0.2), (embeddings, weights)
    )


def test_a_single_class_costs_nothing(unit):
    loss = classification_loss(unit(2, 3, 4), unit(1, 4), torch.ones(3, 1).double(), temperature=1)
    assert loss.item() == 0
