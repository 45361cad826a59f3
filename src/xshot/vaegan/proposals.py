"""Where in its class a generated pair is about to land: its latent and the mixtures' view of it.

GCRDP's mixture has peaks, FLEX-CLIP's generator a class condition; joining them is our reading.
A proposal is a draw from the residual model around the class's mean; the mixtures say which peaks
it belongs to, and these responsibilities r condition the generator, in training (where real rows
have theirs) as in synthesis.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from xshot.mixture.mixture import Mixtures
from xshot.vaegan.residuals import ResidualModel


@dataclass(frozen=True)
class Proposals:
    """Latents with the responsibilities that go with them.

    Attributes:
        latent: (N, L), shared by both modalities.
        peaks: (2, N, J); J = 0 without a mixture.
    """

    latent: Tensor
    peaks: Tensor

    def take(self, rows: Tensor) -> "Proposals":
        """The proposals at `rows`."""
        return Proposals(self.latent[rows], self.peaks[:, rows])

    def to(self, device: torch.device) -> "Proposals":
        """The same proposals on `device`."""
        return Proposals(self.latent.to(device), self.peaks.to(device))


def propose(
    means: Tensor,
    residuals: ResidualModel,
    mixtures: Mixtures | None,
    *,
    principal: bool,
    generator: torch.Generator,
) -> Proposals:
    """Draw one proposal per row.

    Args:
        means: (2, N, D) each row's class means, scaled by sqrt(D).
        residuals: what varies within a class.
        mixtures: see the peaks; None = no peaks.
        principal: the latent means the same to the generator as to the residual model; otherwise
            it is drawn anew.
        generator: of the CPU.
    """
    n_rows = means.shape[1]
    latent = torch.randn(n_rows, residuals.loadings.shape[1], generator=generator)
    if mixtures is None:
        return Proposals(latent, latent.new_empty(2, n_rows, 0))
    noise = torch.randn(means.shape, generator=generator)
    landing = means + latent @ torch.from_numpy(residuals.loadings)
    landing += noise * torch.from_numpy(residuals.noise)[:, None]
    peaks = responsibilities(mixtures, *F.normalize(landing, dim=-1).numpy())
    if not principal:
        latent = torch.randn(latent.shape, generator=generator)
    return Proposals(latent, peaks)


def responsibilities(
    mixtures: Mixtures | None, image: NDArray[np.float32], text: NDArray[np.float32]
) -> Tensor:
    """(2, N, J) responsibilities for unit-norm features (N, D); without mixtures J is 0."""
    if mixtures is None:
        return torch.empty(2, len(image), 0)
    return torch.from_numpy(mixtures.responsibilities(image, text))
