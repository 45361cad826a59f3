"""CLIP-Adapter: a bottleneck that joins the feature in a fixed ratio (Gao et al., IJCV 2023).

h = normalise(r * A(x) + (1 - r) * x) with A(x) = ReLU(ReLU(x W) V), per modality, trained to
classify by cosine to the class prompts, which stay as they are. The published code has an adapter
for images; captions here get one of their own, as the paper proposes for its text side.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from xshot.curves import Curves
from xshot.episode.training_set import TrainingSet
from xshot.paired import BOTH
from xshot.projector.baselines.batches import cycle
from xshot.projector.baselines.linear import targets_of
from xshot.projector.networks import GatedProjector

LOGIT_SCALE = 100.0
RATIO, REDUCTION = 0.2, 4
EPOCHS, BATCH_SIZE, LR, MOMENTUM, WEIGHT_DECAY = 200, 32, 2e-3, 0.9, 5e-4
"""Ratio and reduction of the published code; the optimiser is that of CoOp's trainer, its base."""


class ClipAdapter(GatedProjector):
    """A projection of two layers without biases, mixed with the feature in a fixed ratio."""

    ratio: Tensor

    def __init__(self, dimensions: int, hidden: int, *, generator: torch.Generator) -> None:
        super().__init__(dimensions, hidden, gate=False, gate_bias=0, generator=generator)
        for layer in (self.inner, self.outer):
            torch.nn.init.zeros_(layer.bias).requires_grad_(False)
        self.register_buffer("ratio", torch.tensor([RATIO]))

    def forward(
        self, features: Tensor, modality: slice = BOTH, hidden_mask: Tensor | None = None
    ) -> Tensor:
        """Embed unit-norm features (M, N, D) -> (M, N, D), unit norm; nothing is dropped out."""
        adapted = F.relu(self.outer(F.relu(self.inner(features, modality)), modality))
        return F.normalize(features + self.ratio * (adapted - features), dim=-1)


def train_clip_adapter(
    training: TrainingSet, *, generator: torch.Generator, device: torch.device
) -> tuple[ClipAdapter, Curves]:
    """Train both modalities' adapters together with SGD and a cosine schedule.

    Args:
        training: source and support pairs.
        generator: initial weights.
        device: where to compute.

    Returns:
        The adapters, on the CPU, and the loss by epoch.
    """
    hidden = max(training.dimensions // REDUCTION, 1)
    network = ClipAdapter(training.dimensions, hidden, generator=generator).to(device)
    pairs = torch.stack([torch.from_numpy(side) for side in (training.image, training.text)])
    pairs, prompts = pairs.to(device), torch.from_numpy(training.prompts).to(device)
    targets = torch.from_numpy(targets_of(training)).to(device)
    learned = [network.inner.weight, network.outer.weight]
    optimiser = torch.optim.SGD(learned, lr=LR, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, EPOCHS)
    curves = Curves("train_projector", remedy="features should be of unit norm")
    for epoch in range(EPOCHS):
        for batch in cycle(len(targets), BATCH_SIZE, -(-len(targets) // BATCH_SIZE)):
            logits = LOGIT_SCALE * network(pairs[:, batch]) @ prompts.T
            loss = F.cross_entropy(logits.flatten(0, 1), targets[batch].repeat(2, 1))
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        curves.add(epoch, classification=loss.detach())
        schedule.step()
    return network.cpu().eval().requires_grad_(False), curves
