"""A model out of its parts: train the projector if the variant has one, then fit coordinates."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from xshot.curves import Curves
from xshot.episode.class_means import ClassMeans, class_means
from xshot.episode.training_set import TrainingSet
from xshot.projector.choice import Choice
from xshot.projector.coordinates import Coordinates, fit_coordinates, fit_tip_adapter
from xshot.projector.embedder import Embedder, project
from xshot.projector.params import ProjectorParams
from xshot.store.pseudo import PseudoFeatures
from xshot.variants import Variant

if TYPE_CHECKING:
    import torch

    from xshot.mixture.mixture import Mixtures
    from xshot.projector.networks import GatedProjector


def fit_embedder(
    training: TrainingSet,
    pseudo: PseudoFeatures,
    mixtures: "Mixtures | None",
    *,
    variant: Variant,
    params: ProjectorParams,
    choice: Choice,
    generator: "torch.Generator | None",
    device: "torch.device | None",
) -> tuple[Embedder, Curves]:
    """Train and assemble what `variant` asks for; torch is not imported where it trains nothing.

    Args:
        training: source and support pairs, centred.
        pseudo: generated pairs; may be empty.
        mixtures: weigh the positives; None = all alike.
        variant: the model's parts.
        params: of the projector and the coordinates.
        choice: what `select` chose.
        generator: randomness of the training; unused without a projector.
        device: where to train; unused without a projector.
    """
    projector, curves = None, Curves("train_projector", remedy="lower projector.lr")
    if variant.projector and generator is not None and device is not None:
        from xshot.projector.training import train_projector

        projector, curves = train_projector(
            training,
            pseudo,
            mixtures,
            variant=variant,
            params=params,
            steps=choice.steps,
            generator=generator,
            device=device,
        )
    return assemble(training, pseudo, projector, variant, params, choice), curves


def assemble(
    training: TrainingSet,
    pseudo: PseudoFeatures,
    projector: "GatedProjector | None",
    variant: Variant,
    params: ProjectorParams,
    choice: Choice,
) -> Embedder:
    """The model around a trained projector: the same projector serves many choices."""
    if variant.coordinates == "none":
        return Embedder(training.centring, projector)
    if variant.coordinates == "tip":
        sides = fit_tip_adapter(
            training,
            temperature=choice.temperature,
            calibration=choice.calibration,
            weight=params.coordinates,
        )
        return Embedder(training.centring, projector, sides)
    embedded, generated = training, pseudo
    if projector is not None:
        embedded = replace(
            training,
            image=project(projector, training.image, 0),
            text=project(projector, training.text, 1),
            prompts=project(projector, training.prompts, 1),
        )
        generated = replace(
            pseudo,
            image=project(projector, pseudo.image, 0),
            text=project(projector, pseudo.text, 1),
        )
    return Embedder(training.centring, projector, _coordinates(embedded, generated, params, choice))


def _coordinates(
    embedded: TrainingSet, pseudo: PseudoFeatures, params: ProjectorParams, choice: Choice
) -> tuple[Coordinates, Coordinates]:
    means = class_means(embedded, prompt_weight=params.prompt_weight)
    if len(pseudo.classes):
        means = _with_pseudo(means, embedded, pseudo, params.prompt_weight)
    return fit_coordinates(
        embedded,
        means,
        metric=choice.metric,
        temperature=choice.temperature,
        calibration=choice.calibration,
        shrinkage=params.shrinkage,
        weight=params.coordinates,
    )


def _with_pseudo(
    means: ClassMeans, embedded: TrainingSet, pseudo: PseudoFeatures, weight: float
) -> ClassMeans:
    """Class means with each class's pseudo rows as `weight` more rows."""
    hot = pseudo.classes[:, None] == np.arange(embedded.n_classes)
    counts = hot.sum(axis=0)[:, None]
    shots = (embedded.labels & embedded.is_support[:, None]).sum(axis=0)[:, None]
    share = np.where(counts > 0, weight / (2 * weight + shots), 0).astype(np.float32)
    mixed = [
        (1 - share) * mean + share * (hot.T.astype(np.float32) @ rows) / np.maximum(counts, 1)
        for mean, rows in ((means.image, pseudo.image), (means.text, pseudo.text))
    ]
    return ClassMeans(*mixed)
