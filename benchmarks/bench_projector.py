"""One epoch of the projector: XShot beside pytorch-metric-learning's losses and torch.cdist.

`python -m benchmarks.bench_projector`; same networks, batches, dropout masks and steps.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
from pytorch_metric_learning.losses import NormalizedSoftmaxLoss, SupConLoss
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.side_by_side import Row, side_by_side
from benchmarks.threads import CORES, fastest_threads, with_threads
from xshot.compute import TRAINING_THREADS
from xshot.episode.training_set import Centring, TrainingSet
from xshot.params import load_params
from xshot.projector.batches import Pools, draw_batches
from xshot.projector.networks import GatedProjector
from xshot.projector.params import ProjectorParams
from xshot.projector.training import train_projector
from xshot.store.pseudo import PseudoFeatures
from xshot.variants import VARIANTS

DIMENSIONS, CLASSES, PAIRS = 512, 50, 4800
COMPARED = 20
"""Steps whose losses must agree."""

TERMS = ("classification", "contrast", "contrast_within", "distances")
Losses = list[list[float]]


def make_training_set(pairs: int = PAIRS) -> TrainingSet:
    """Source pairs around random class means."""
    rng = np.random.default_rng(0)
    classes = np.arange(pairs) % CLASSES
    prompts = _unit(rng.standard_normal((CLASSES, DIMENSIONS)))
    image, text = (
        _unit(prompts[classes] + 0.1 * rng.standard_normal((pairs, DIMENSIONS))) for _ in range(2)
    )
    return TrainingSet(
        image=image,
        text=text,
        labels=np.eye(CLASSES, dtype=bool)[classes],
        is_support=np.zeros(pairs, bool),
        prompts=prompts,
        is_target=np.zeros(CLASSES, bool),
        centring=Centring(np.zeros(DIMENSIONS, np.float32), np.zeros(DIMENSIONS, np.float32)),
        hash="",
    )


def xshot(
    training: TrainingSet, params: ProjectorParams, steps: int, device: str = "cpu"
) -> Losses:
    """The weighted terms, step by step."""
    with with_threads(TRAINING_THREADS):
        _, curves = train_projector(
            training,
            PseudoFeatures.empty(DIMENSIONS),
            None,
            variant=VARIANTS["no_mixture"],
            params=params,
            steps=steps,
            generator=torch.Generator().manual_seed(0),
            device=torch.device(device),
        )
    return [list(row) for row in zip(*map(curves.series, TERMS), strict=True)]


class Projector(nn.Module):
    """One modality's gated projector, with the weights that XShot's starts from."""

    def __init__(self, paired: GatedProjector, modality: int) -> None:
        super().__init__()
        layers = []
        for layer in (paired.inner, paired.outer, paired.gate):
            assert layer is not None
            layers.append(nn.Linear(*layer.weight.shape[1:]))
            layers[-1].weight.data.copy_(layer.weight[modality].T)
            layers[-1].bias.data.copy_(layer.bias[modality, 0])
        self.inner, self.outer, self.gate = layers

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """(N, D) -> (N, D), unit norm."""
        projected = F.normalize(self.outer(F.gelu(self.inner(features)) * mask), dim=-1)
        gate = torch.sigmoid(self.gate(torch.cat([features, projected], dim=-1)))
        return F.normalize(gate * projected + (1 - gate) * features, dim=-1)


def metric_learning(
    training: TrainingSet, params: ProjectorParams, steps: int, device: str = "cpu"
) -> Losses:
    """The loop that a user of the library writes."""
    generator = torch.Generator().manual_seed(0)
    paired = GatedProjector(
        DIMENSIONS, params.hidden, gate=True, gate_bias=params.gate_bias, generator=generator
    )
    sides = nn.ModuleList(Projector(paired, modality) for modality in range(2)).to(device)
    classify = NormalizedSoftmaxLoss(CLASSES, DIMENSIONS, params.class_temperature)
    classify.W.data = torch.from_numpy(training.prompts.T.copy())
    classify.to(device)
    contrast = SupConLoss(params.contrast_temperature)
    learned = [*sides.parameters(), *classify.parameters()]
    optimiser = torch.optim.AdamW(learned, params.lr, weight_decay=params.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    none = np.zeros_like(training.labels)
    order = draw_batches(
        Pools(training.labels, none, none),
        steps=steps,
        batch_size=params.batch_size,
        generator=generator,
    )
    seed = int(torch.randint(2**62, (), generator=generator))
    randomness = torch.Generator(device).manual_seed(seed)
    features = [torch.from_numpy(side).to(device) for side in (training.image, training.text)]
    classes = torch.from_numpy(training.labels.argmax(axis=1)).to(device)
    history, keep = [], 1 - params.dropout
    for rows in torch.from_numpy(order).to(device):
        masks = torch.empty(2, len(rows), params.hidden, device=device)
        masks.bernoulli_(keep, generator=randomness)
        image, text = (
            side(own[rows], mask / keep)
            for side, own, mask in zip(sides, features, masks, strict=True)
        )
        labels, others = classes[rows], classes[rows]  # two tensors: else partners do not count
        terms = [
            params.classification * (classify(image, labels) + classify(text, labels)) / 2,
            params.contrast / 2
            * (
                contrast(image, labels, ref_emb=text, ref_labels=others)
                + contrast(text, labels, ref_emb=image, ref_labels=others)
            ),
            params.contrast_within * (contrast(image, labels) + contrast(text, labels)) / 2,
            params.distances * _relative_distances(image, text),
        ]  # fmt: skip
        history.append([term.detach() for term in terms])
        optimiser.zero_grad()
        sum(terms[1:], start=terms[0]).backward()
        optimiser.step()
        schedule.step()
    return [[float(term) for term in terms] for terms in history]


def rows() -> Iterator[Row]:
    """With the default params, all pairs source and no mixture: the library has no weights."""
    training, params = make_training_set(), load_params().section(ProjectorParams)
    steps = PAIRS // params.batch_size
    fastest = fastest_threads(partial(metric_learning, training, params, 3))
    # XShot trains on one thread; on as many as that is how the work itself compares.
    for threads in sorted({fastest, TRAINING_THREADS}, reverse=True):
        with with_threads(threads):
            yield side_by_side(
                f"one projector epoch, {PAIRS} pairs",
                f"pytorch-metric-learning, torch.cdist, {threads} of {CORES} threads",
                partial(metric_learning, training, params, steps),
                partial(xshot, training, params, steps),
                equal=lambda theirs, ours: np.allclose(
                    theirs[:COMPARED], ours[:COMPARED], rtol=1e-4
                ),
            )


def _relative_distances(image: Tensor, text: Tensor) -> Tensor:
    upper = torch.triu(image.new_ones(len(image), len(image), dtype=torch.bool), 1)
    distances = (torch.cdist(side, side)[upper] for side in (image, text))
    relative = [values / values.mean() for values in distances]
    return F.huber_loss(*relative)


def _unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


if __name__ == "__main__":
    for _ in rows():
        pass
