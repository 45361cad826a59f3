import pytest
import torch

from xshot.vaegan.losses.reconstruction import reconstruction_loss


def test_value_derived_by_hand():
    """D = 2, radius sqrt(2). The image is decoded exactly but for its length: 0. The text is off by
    a right angle: squared distance 2 * 2 = 4, per dimension 2; over 2 * variance 0.5: 2. Mean: 1.
    """
    features = 2**0.5 * torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]]])
    decoded = torch.tensor([[[5.0, 0.0]], [[3.0, 0.0]]])
    loss = reconstruction_loss(decoded, features, torch.tensor([0.1, 0.5]))
    torch.testing.assert_close(loss, torch.tensor(1.0))


def test_equals_naive_loops_over_rows():
    generator = torch.Generator().manual_seed(0)
    decoded, features = torch.randn(2, 2, 5, 6, dtype=torch.float64, generator=generator)
    features = 6**0.5 * torch.nn.functional.normalize(features, dim=-1)
    variance = torch.tensor([0.3, 0.8], dtype=torch.float64)
    total = 0.0
    for modality in range(2):
        for row in range(5):
            ours = decoded[modality, row]
            ours = ours * 6**0.5 / ours.norm()
            squares = (ours - features[modality, row]).square().sum()
            total += float(squares / (2 * variance[modality])) / 6
    assert float(reconstruction_loss(decoded, features, variance)) == pytest.approx(total / 10)


def test_gradient():
    generator = torch.Generator().manual_seed(1)
    decoded, features = torch.randn(2, 2, 3, 4, dtype=torch.float64, generator=generator)
    decoded.requires_grad_()
    variance = torch.tensor([0.5, 2.0], dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: reconstruction_loss(x, features, variance), decoded)


def test_a_vanishing_output_has_a_finite_gradient():
    decoded = torch.zeros(2, 1, 3, requires_grad=True)
    features = torch.ones(2, 1, 3)
    reconstruction_loss(decoded, features, torch.ones(2)).backward()
    assert decoded.grad.isfinite().all()
