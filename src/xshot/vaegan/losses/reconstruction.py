"""Reconstruction on the unit sphere (FLEX-CLIP's L_VAE; the form is our reading)."""

import torch
from torch import Tensor
from torch.nn import functional as F


def reconstruction_loss(decoded: Tensor, features: Tensor, variance: Tensor) -> Tensor:
    """Squared distance on the sphere, as the negative log likelihood of a Gaussian.

    Args:
        decoded: (2, N, D), of any norm above 0.
        features: (2, N, D) of norm sqrt(D).
        variance: (2,) of the noise around the decoded feature, per dimension.

    Returns:
        Mean over rows and modalities, in nats per dimension, without the constant.
    """
    radius = decoded.shape[-1] ** 0.5
    distances = (radius * F.normalize(decoded, dim=-1) - features).square().mean(dim=(1, 2))
    return torch.mean(distances / (2 * variance))
