"""Pseudo pairs of features from a trained generator."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from xshot.episode.training_set import TrainingSet
from xshot.mixture.mixture import Mixtures
from xshot.store.pseudo import PseudoFeatures
from xshot.vaegan.params import SynthesizeParams
from xshot.vaegan.proposals import Proposals, propose
from xshot.vaegan.training import TrainedVaegan

# Proposals per pair that is kept: enough to give every peak its share.
_OVERSAMPLING = 8


def synthesize(
    model: TrainedVaegan,
    training: TrainingSet,
    mixtures: Mixtures | None,
    *,
    params: SynthesizeParams,
    generator: torch.Generator,
) -> PseudoFeatures:
    """Generate pairs for every target class and for thin source classes.

    With `init: ppca` the generated residuals of a class sum to zero before they are normalised, so
    that its mean is the estimated class mean whatever the noise.

    Args:
        model: trained on `training`.
        training: says which classes are target or thin, and holds their embeddings.
        mixtures: those that the model was trained with.
        params: how many.
        generator: of the CPU.

    Returns:
        `params.pairs_per_class` rows per class, class by class.
    """
    wanted = _wanted_classes(training, params.source_below)
    classes = np.repeat(wanted, params.pairs_per_class)
    if not classes.size:
        return PseudoFeatures.empty(training.dimensions)
    proposals = _steered(model, classes, mixtures, generator)
    scale = training.dimensions**0.5
    condition = scale * torch.from_numpy(training.prompts[classes])
    network, base = model.generator, model.means[:, classes]
    latent = proposals.latent.expand(2, -1, -1)
    decoded = network(latent, proposals.peaks, base, network.context(condition))
    generated = network.noisy(decoded, generator)
    if network.principal:
        by_class = (2, len(wanted), params.pairs_per_class, -1)
        residuals = (generated - base).view(by_class)
        generated = base + (residuals - residuals.mean(dim=2, keepdim=True)).view_as(base)
    image, text = F.normalize(generated, dim=-1).numpy()
    return PseudoFeatures(image, text, classes, _components(proposals.peaks))


def _wanted_classes(training: TrainingSet, source_below: int) -> NDArray[np.int64]:
    counted = training.is_first & ~training.is_support
    n_pictures = training.labels[counted].sum(axis=0)
    return np.flatnonzero(training.is_target | (n_pictures < source_below))


def _steered(
    model: TrainedVaegan,
    classes: NDArray[np.int64],
    mixtures: Mixtures | None,
    generator: torch.Generator,
) -> Proposals:
    """Proposals that give each peak of the image mixture its share of every class."""
    often = 1 if mixtures is None else _OVERSAMPLING
    proposals = propose(
        model.means[:, np.repeat(classes, often)],
        model.residuals,
        mixtures,
        principal=model.generator.principal,
        generator=generator,
    )
    if mixtures is None:
        return proposals
    # Systematic sampling of the peaks: sorted by peak within each class, every `often`-th is kept.
    order = np.lexsort([_components(proposals.peaks), np.repeat(classes, often)])
    return proposals.take(torch.from_numpy(order[often // 2 :: often]))


def _components(peaks: Tensor) -> NDArray[np.int64]:
    """The image mixture's most likely component of each row; -1 without a mixture."""
    if not peaks.shape[2]:
        return np.full(peaks.shape[1], -1)
    component: NDArray[np.int64] = peaks[0].argmax(dim=1).numpy()
    return component
