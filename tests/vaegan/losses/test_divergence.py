import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from xshot.vaegan.losses.divergence import divergence_loss


def test_value_derived_by_hand():
    """One latent dimension, mean 2, variance e: (4 + e - 1 - 1) / 2 nats, over D = 4."""
    mean, log_variance = torch.full((2, 1, 1), 2.0), torch.ones(2, 1, 1)
    expected = (2 + math.e) / 8
    assert float(divergence_loss(mean, log_variance, dimensions=4)) == pytest.approx(expected)


def test_equals_torch_distributions():
    generator = torch.Generator().manual_seed(0)
    mean, log_variance = torch.randn(2, 2, 5, 3, generator=generator)
    posterior = Normal(mean, (log_variance / 2).exp())
    expected = kl_divergence(posterior, Normal(0.0, 1.0)).sum(-1).mean() / 7
    torch.testing.assert_close(divergence_loss(mean, log_variance, dimensions=7), expected)


def test_the_prior_itself_costs_nothing():
    assert divergence_loss(torch.zeros(2, 3, 4), torch.zeros(2, 3, 4), dimensions=5) == 0


def test_gradient():
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(2, 2, 3, 2, dtype=torch.float64, generator=generator).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: divergence_loss(x[0], x[1], dimensions=3), inputs)
