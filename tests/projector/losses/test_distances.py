import pytest
import torch

from xshot.projector.losses.distances import distance_loss


def naive(embeddings):
    relative = []
    for modality in embeddings:
        n = len(modality)
        pairs = [(i, j) for i in range(n) for j in range(n) if i != j]
        distances = [float((modality[i] - modality[j]).norm()) for i, j in pairs]
        mean = sum(distances) / len(distances)
        relative.append([distance / mean for distance in distances])
    total = 0.0
    for a, b in zip(*relative, strict=True):
        gap = abs(a - b)
        total += gap * gap / 2 if gap <= 1 else gap - 0.5
    return total / len(relative[0])


def test_equals_a_double_loop(unit):
    embeddings = unit(2, 6, 4)
    assert float(distance_loss(embeddings)) == pytest.approx(naive(embeddings), abs=1e-7)


def test_far_pairs_are_compared_linearly():
    """Huber's bend: two rows close to each other among images, far apart among texts."""
    angles = torch.tensor([[0.0, 0.01, 0.02, 3.0], [0.0, 3.0, 0.01, 0.02]], dtype=torch.float64)
    embeddings = torch.stack([angles.cos(), angles.sin()], dim=-1)
    assert float(distance_loss(embeddings)) == pytest.approx(naive(embeddings), abs=1e-6)


def test_hand_derived_value():
    """Images at 0, 90, 180 degrees; texts at 0, 180, 90.

    Distances sqrt2, 2, sqrt2 against 2, sqrt2, sqrt2; mean m = (2 + 2 sqrt2) / 3; two of three
    pairs differ by (2 - sqrt2) / m = 0.3640: 2/3 * 0.3640^2 / 2 = 0.04416.
    """
    right, up, left = [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]
    embeddings = torch.tensor([[right, up, left], [right, left, up]], dtype=torch.float64)
    assert float(distance_loss(embeddings)) == pytest.approx(0.04416, abs=1e-5)


def test_a_rotated_or_mirrored_copy_costs_nothing(unit, generator):
    images = unit(5, 4)
    rotation, _ = torch.linalg.qr(torch.randn(4, 4, dtype=torch.float64, generator=generator))
    assert float(distance_loss(torch.stack([images, images @ rotation]))) < 1e-12


def test_scale_is_free():
    """Texts that spread half as wide around their mean direction, in the same proportions."""
    angles = torch.tensor([0.0, 0.02, 0.05, 0.09], dtype=torch.float64)
    both = torch.stack([angles, angles / 2])
    embeddings = torch.stack([both.cos(), both.sin()], dim=-1)
    assert float(distance_loss(embeddings)) < 1e-6


def test_gradient(unit):
    assert torch.autograd.gradcheck(distance_loss, unit(2, 5, 4).requires_grad_())


@pytest.mark.parametrize("rows", [1, 2, 4])
def test_identical_rows_keep_the_gradient_finite(unit, rows):
    embeddings = unit(2, 1, 3).repeat(1, rows, 1).requires_grad_()
    loss = distance_loss(embeddings)
    loss.backward()
    assert loss.item() == 0
    assert torch.isfinite(embeddings.grad).all()
