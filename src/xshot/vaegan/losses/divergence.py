"""KL(q(z | x, a) || p(z | a)) of FLEX-CLIP's L_VAE; p is standard normal for every class."""

from torch import Tensor


def divergence_loss(mean: Tensor, log_variance: Tensor, *, dimensions: int) -> Tensor:
    """Divergence of diagonal Gaussians from the standard normal (Kingma & Welling, ICLR 2014).

    Args:
        mean: (2, N, L).
        log_variance: (2, N, L).
        dimensions: D, to be on the scale of the reconstruction.

    Returns:
        Mean over rows and modalities, in nats per dimension of the features.
    """
    terms = mean.square() + log_variance.exp() - 1 - log_variance
    return terms.sum(dim=-1).mean() / (2 * dimensions)
