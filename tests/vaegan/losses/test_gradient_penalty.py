import torch

from xshot.vaegan.losses.gradient_penalty import gradient_penalty
from xshot.vaegan.networks import Critic


def test_value_derived_by_hand():
    """Norms 5 and 1: (5 - 1)^2 = 16 and 0, mean 8."""
    gradients = torch.tensor([[[3.0, 4.0]], [[1.0, 0.0]]])
    torch.testing.assert_close(gradient_penalty(gradients), torch.tensor(8.0))


def test_gradient():
    generator = torch.Generator().manual_seed(0)
    gradients = torch.randn(2, 3, 4, dtype=torch.float64, generator=generator).requires_grad_()
    assert torch.autograd.gradcheck(gradient_penalty, gradients)


def test_a_flat_critic_has_a_finite_gradient():
    critic = Critic(3, hidden=4, generator=torch.Generator().manual_seed(0))
    torch.nn.init.zeros_(critic.outer.weight)
    hidden = critic.pre_activations(torch.randn(2, 5, 3), critic.context(torch.randn(5, 3)))
    penalty = gradient_penalty(critic.input_gradient(hidden))
    torch.testing.assert_close(penalty, torch.tensor(1.0), atol=1e-5, rtol=0)
    penalty.backward()
    assert all(
        weight.grad.isfinite().all() for weight in critic.parameters() if weight.grad is not None
    )
    assert critic.outer.weight.grad is not None
