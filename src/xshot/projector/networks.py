"""Gated residual projection (FLEX-CLIP), both modalities side by side in one set of matmuls."""

from copy import copy

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from xshot.paired import BOTH, PairedLinear


class GatedProjector(nn.Module):
    """h = normalise(g * P(x) + (1 - g) * x) with g = sigmoid(W [x ; P(x)] + b), per modality.

    P is a two-layer perceptron whose output is scaled to unit norm before the gate mixes it: else
    its growing norm overrules the gate (our addition). Without `gate`, h = P(x).

    Args:
        dimensions: D.
        hidden: width of P's hidden layer.
        gate: mix the projected feature with the original one.
        gate_bias: initial b; W starts at zero, so that every sample starts at the same gate.
        generator: draws P's initial weights.

    Attributes:
        strength: factor of the trained gates, each of which stays at most 1: how far to trust the
            projection as a whole, which one number per sample does not tell of unseen classes.
    """

    strength: float = 1.0

    def __init__(
        self,
        dimensions: int,
        hidden: int,
        *,
        gate: bool,
        gate_bias: float,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.inner = PairedLinear(dimensions, hidden, generator)
        self.outer = PairedLinear(hidden, dimensions, generator)
        self.gate = PairedLinear(2 * dimensions, 1, None) if gate else None
        if self.gate is not None:
            nn.init.constant_(self.gate.bias, gate_bias)

    def forward(
        self, features: Tensor, modality: slice = BOTH, hidden_mask: Tensor | None = None
    ) -> Tensor:
        """Embed unit-norm features (M, N, D) -> (M, N, D), unit norm.

        Args:
            features: one slice per modality of `modality`.
            modality: `IMAGE`, `TEXT` or `BOTH`.
            hidden_mask: (M, N, hidden) factors of the hidden units: dropout, with the caller's
                randomness.
        """
        projected = self._project(features, modality, hidden_mask)
        if self.gate is None:
            return projected
        gates = self._gates(self.gate, features, projected, modality)
        return F.normalize(torch.lerp(features, projected, gates), dim=-1)

    def with_strength(self, strength: float) -> "GatedProjector":
        """The same weights behind gates of another strength."""
        other = copy(self)
        other.strength = strength
        return other

    def gates(self, features: Tensor, modality: slice = BOTH) -> Tensor:
        """How much of the projected feature each sample takes: (M, N, D) -> (M, N) in [0, 1]."""
        if self.gate is None:
            return features.new_ones(features.shape[:2])
        projected = self._project(features, modality, None)
        return self._gates(self.gate, features, projected, modality).squeeze(-1)

    def _project(self, features: Tensor, modality: slice, hidden_mask: Tensor | None) -> Tensor:
        hidden = F.gelu(self.inner(features, modality))
        if hidden_mask is not None:
            hidden = hidden * hidden_mask
        return F.normalize(self.outer(hidden, modality), dim=-1)

    def _gates(
        self, gate: PairedLinear, features: Tensor, projected: Tensor, modality: slice
    ) -> Tensor:
        trained = torch.sigmoid(gate(torch.cat([features, projected], dim=-1), modality))
        return trained if self.strength == 1 else (self.strength * trained).clamp_max(1)
