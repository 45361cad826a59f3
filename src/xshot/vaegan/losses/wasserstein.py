"""The Wasserstein term of FLEX-CLIP's L_WGAN (Arjovsky et al., ICML 2017)."""

from torch import Tensor


def wasserstein_estimate(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """E D(x, a) - E D(G(z, a), a): what critics raise and generators lower.

    Args:
        real_scores: (2, N, 1) of the critics.
        fake_scores: (2, N, 1).

    Returns:
        Mean over rows and modalities.
    """
    return real_scores.mean() - fake_scores.mean()
