"""Training pairs on the device, and which of them each step sees."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from xshot.vaegan.proposals import Proposals


@dataclass(frozen=True)
class Batch:
    """Real pairs with what the networks are told about them; features are scaled by sqrt(D).

    Attributes:
        features: (2, N, D).
        base: (2, N, D) the mean of each row's class.
        condition: (N, D) the embedding of each row's class.
        peaks: (2, N, J) the row's own responsibilities.
    """

    features: Tensor
    base: Tensor
    condition: Tensor
    peaks: Tensor

    def take(self, rows: Tensor) -> "Batch":
        """The pairs at `rows`."""
        return Batch(
            self.features[:, rows],
            self.base[:, rows],
            self.condition[rows],
            self.peaks[:, rows],
        )

    def to(self, device: torch.device) -> "Batch":
        """The same pairs on `device`."""
        return Batch(
            self.features.to(device),
            self.base.to(device),
            self.condition.to(device),
            self.peaks.to(device),
        )


class Batches:
    """Minibatches drawn with replacement, on the device, each with proposals for its classes.

    Args:
        pairs: N real pairs.
        proposals: R * N, those of row n at n, n + N, n + 2N, ...
        weights: (N,) how often each pair is drawn, beside others.
        shape: how many batches there are, by any axes; last the pairs of each.
        condition_noise: standard deviation of the noise on class embeddings: neighbouring classes
            are conditions too.
        generator: of the CPU.
        device: where to compute.
    """

    def __init__(
        self,
        pairs: Batch,
        proposals: Proposals,
        *,
        weights: Tensor,
        shape: tuple[int, ...],
        condition_noise: float,
        generator: torch.Generator,
        device: torch.device,
    ) -> None:
        self._pairs, self._proposals = pairs.to(device), proposals.to(device)
        n_pairs, n_proposals = len(pairs.condition), len(proposals.latent)
        if (weights == weights[0]).all():
            rows = torch.randint(n_pairs, shape, generator=generator)
        else:
            count = math.prod(shape)
            rows = weights.multinomial(count, replacement=True, generator=generator).view(shape)
        turns = torch.randint(n_proposals // n_pairs, shape, generator=generator)
        self._rows, self._proposal_rows = rows.to(device), (rows + n_pairs * turns).to(device)
        self._condition_noise = condition_noise
        # Noise is drawn where it is used: from a CPU generator it would have to travel.
        seed = int(torch.randint(2**62, (), generator=generator))
        self.randomness = torch.Generator(device).manual_seed(seed)

    def draw(self, *place: int) -> tuple[Batch, Proposals]:
        """The batch at `place` in `shape`, with fresh noise on its conditions."""
        batch = self._pairs.take(self._rows[place])
        noise = torch.empty_like(batch.condition).normal_(generator=self.randomness)
        condition = batch.condition + self._condition_noise * noise
        blurred = Batch(batch.features, batch.base, condition, batch.peaks)
        return blurred, self._proposals.take(self._proposal_rows[place])
