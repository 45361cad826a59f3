"""Training of the composite multimodal VAE-GAN on source and support pairs."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xshot.curves import Curves
from xshot.episode.class_means import class_means
from xshot.episode.training_set import TrainingSet
from xshot.mixture.mixture import Mixtures
from xshot.vaegan.batches import Batch, Batches
from xshot.vaegan.networks import Critic, Encoder, Generator
from xshot.vaegan.objective import Networks
from xshot.vaegan.optimisation import optimise
from xshot.vaegan.params import VaeganParams
from xshot.vaegan.proposals import propose, responsibilities
from xshot.vaegan.residuals import Array, ResidualModel, fit_residuals
from xshot.variants import Variant

MAX_PAIRS = 20_000
"""(row, class) pairs that are learned from; more are subsampled."""

_PROPOSALS = 4096

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class TrainedVaegan:
    """What synthesis needs.

    Attributes:
        generator: on the CPU.
        means: (2, C, D) estimated class means, scaled by sqrt(D).
        residuals: what varies within a class.
        source_hash: identifies the rows learned from.
    """

    generator: Generator
    means: Tensor
    residuals: ResidualModel
    source_hash: str


def train_vaegan(
    training: TrainingSet,
    mixtures: Mixtures | None,
    *,
    variant: Variant,
    params: VaeganParams,
    generator: torch.Generator,
    device: torch.device,
) -> tuple[TrainedVaegan, Curves]:
    """Train encoders, generators and critics of both modalities together.

    Args:
        training: source and support pairs, centred.
        mixtures: steer the generators; None = they see no peaks.
        variant: adversarial and composition terms.
        params: start, sizes, optimisers and weights.
        generator: all randomness, on the CPU whatever the device.
        device: where to compute.

    Returns:
        The model, and the loss terms by step.

    Raises:
        UserError: a loss is not finite.
    """
    principal = params.init == "ppca"
    estimated = class_means(training, prompt_weight=params.prompt_weight)
    means = _scaled(np.stack([estimated.image, estimated.text]))
    rows, classes = _draw_pairs(training, generator)
    pairs = _pairs(training, rows, classes, means, mixtures)
    weights = training.weights[rows]
    residuals = _fit_residuals(training, pairs, weights, classes, params.latent_dim)
    # Every pair has proposals of its own: real and generated share conditions within a batch.
    repeats = -(-_PROPOSALS // len(rows))
    proposals = propose(
        pairs.base.repeat(1, repeats, 1),
        residuals,
        mixtures,
        principal=principal,
        generator=generator,
    )
    n_peaks = mixtures.n_components if mixtures else 0
    networks = _networks(residuals, n_peaks, variant, params, generator).to(device)
    batches = Batches(
        pairs,
        proposals,
        weights=torch.from_numpy(weights),
        shape=(params.steps, params.critic_steps + 1, params.batch_size),
        condition_noise=params.condition_noise,
        generator=generator,
        device=device,
    )
    curves = optimise(networks, batches, composition=variant.composition, params=params)
    trained = networks.generator.cpu().eval().requires_grad_(False)
    return TrainedVaegan(trained, means, residuals, training.hash), curves


def _scaled(features: NDArray[np.float32]) -> Tensor:
    """Unit-norm features (..., D) -> norm sqrt(D), which gives every dimension unit variance."""
    return torch.from_numpy(features).mul(features.shape[-1] ** 0.5)


def _draw_pairs(training: TrainingSet, generator: torch.Generator) -> tuple[Rows, Rows]:
    """Rows and classes that belong together: source rows and support, each for its classes."""
    counted = training.labels & (training.is_target == training.is_support[:, None])
    rows, classes = np.nonzero(counted)
    if len(rows) > MAX_PAIRS:
        kept = torch.randperm(len(rows), generator=generator)[:MAX_PAIRS].sort().values.numpy()
        rows, classes = rows[kept], classes[kept]
    return rows, classes


def _pairs(
    training: TrainingSet, rows: Rows, classes: Rows, means: Tensor, mixtures: Mixtures | None
) -> Batch:
    image, text = training.image[rows], training.text[rows]
    return Batch(
        features=_scaled(np.stack([image, text])),
        base=means[:, classes],
        condition=_scaled(training.prompts[classes]),
        peaks=responsibilities(mixtures, image, text),
    )


def _fit_residuals(
    training: TrainingSet, pairs: Batch, weights: Array, classes: Rows, latent_dim: int
) -> ResidualModel:
    """From source pairs only: support is too little to say what varies within a class."""
    source = np.flatnonzero(~training.is_target[classes])
    residuals = (pairs.features - pairs.base)[:, source].numpy()
    n_classes = len(np.unique(classes[source]))
    return fit_residuals(
        residuals, weights=weights[source], n_classes=n_classes, latent_dim=latent_dim
    )


def _networks(
    residuals: ResidualModel,
    n_peaks: int,
    variant: Variant,
    params: VaeganParams,
    generator: torch.Generator,
) -> Networks:
    principal = params.init == "ppca"
    adversarial = variant.adversarial and params.adversarial_weight > 0
    dimensions = residuals.noise.shape[1]
    return Networks(
        Encoder(residuals, hidden=params.hidden, principal=principal, generator=generator),
        Generator(
            residuals,
            hidden=params.hidden,
            n_peaks=n_peaks,
            principal=principal,
            generator=generator,
        ),
        Critic(dimensions, hidden=params.hidden, generator=generator) if adversarial else None,
    )
