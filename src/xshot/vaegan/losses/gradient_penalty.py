"""The gradient penalty of FLEX-CLIP's L_WGAN (Gulrajani et al., NeurIPS 2017)."""

from torch import Tensor

# Inside the square root, whose slope at zero is infinite.
_EPSILON = 1e-12


def gradient_penalty(gradients: Tensor) -> Tensor:
    """E (||grad D(x_hat, a)|| - 1)^2 over points x_hat between real and generated features.

    Args:
        gradients: (2, N, D) of the critics with respect to x_hat, float32.

    Returns:
        Mean over rows and modalities.
    """
    norms = (gradients.square().sum(dim=-1) + _EPSILON).sqrt()
    return (norms - 1).square().mean()
