"""The generated features of the target classes beside real ones, and beside trivial generators."""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from xshot.episode.training_set import TrainingSet
from xshot.progress import progress
from xshot.report.outcome import MODALITIES
from xshot.store.features import Features
from xshot.store.pseudo import PseudoFeatures
from xshot.vaegan.quality import Labelled, Quality, measure_quality
from xshot.vaegan.trivial import prompt_noise, residual_bootstrap, support_noise

NOISE = 0.5
"""Length of the trivial generators' noise; the feature's own is 1."""

RESAMPLES = 20

_MIN_SPREAD = 8

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Generation:
    """Generated features of the target classes and what to compare them with.

    Attributes:
        real: per modality (N, D) held-out features of the target classes, centred.
        pseudo: per modality (M, D) generated features, in the same space.
        quality: per modality the scores by generator, the trained one first; without a modality
            whose rows do not vary within classes, and empty where there are too few to measure.
    """

    real: dict[str, Matrix]
    pseudo: dict[str, Matrix]
    quality: dict[str, dict[str, Quality]]


def compare_generation(
    pseudo: PseudoFeatures,
    training: TrainingSet,
    heldout: Features,
    labels: NDArray[np.bool_],
    *,
    image_rows: NDArray[np.int64],
    prompt_weight: float,
    rng: np.random.Generator,
) -> Generation | None:
    """Measure the trained generator and those that need no training.

    Args:
        pseudo: what the trained generator made.
        training: what it was trained on; the trivial generators start from it too.
        heldout: raw features of N held-out rows.
        labels: (N, C) bool, theirs.
        image_rows: (N,) the first row that shows each row's picture, which stands for all of them.
        prompt_weight: of the class means, as in training.
        rng: trivial generators and resamples.

    Returns:
        None if nothing was generated for the target classes.
    """
    trained = _target_part(pseudo, training.is_target)
    if not len(trained.classes):
        return None
    rows, classes = np.nonzero(labels & training.is_target)
    first = image_rows[rows] == rows
    real = {
        "image": Labelled(training.centring.of_image(heldout.image[rows[first]]), classes[first]),
        "text": Labelled(training.centring.of_text(heldout.text[rows]), classes),
    }
    generators = {"trained": trained}
    quality: dict[str, dict[str, Quality]] = {}
    spreads = [_spread(side) for side in (classes[first], trained.classes)]
    if min(spreads) >= _MIN_SPREAD:
        generators |= _trivial_generators(trained, training, prompt_weight, rng)
        quality = {modality: {} for modality in MODALITIES}
        pairs = list(product(MODALITIES, generators))
        for modality, name in progress(pairs, total=len(pairs), unit="set", label="generators"):
            fake = generators[name]
            measured = measure_quality(
                real[modality],
                Labelled(getattr(fake, modality), fake.classes),
                resamples=RESAMPLES,
                rng=rng,
            )
            if measured is not None:
                quality[modality][name] = measured
        quality = {modality: found for modality, found in quality.items() if found}
    return Generation(
        real={modality: real[modality].features for modality in MODALITIES},
        pseudo={modality: getattr(trained, modality) for modality in MODALITIES},
        quality=quality,
    )


def _trivial_generators(
    trained: PseudoFeatures,
    training: TrainingSet,
    prompt_weight: float,
    rng: np.random.Generator,
) -> dict[str, PseudoFeatures]:
    """As many pairs per class as the trained generator gave."""
    count = len(trained.classes) // len(np.unique(trained.classes))
    generators = {
        "class name + noise": prompt_noise(training, count, deviation=NOISE, rng=rng),
        "class mean + source residuals": residual_bootstrap(
            training, count, prompt_weight=prompt_weight, rng=rng
        ),
    }
    if training.is_support.any():
        generators["support + noise"] = support_noise(training, count, deviation=NOISE, rng=rng)
    return generators


def _spread(classes: NDArray[np.int64]) -> int:
    """Rows beyond the first of each class: what within-class measures live on."""
    return len(classes) - len(np.unique(classes))


def _target_part(pseudo: PseudoFeatures, is_target: NDArray[np.bool_]) -> PseudoFeatures:
    """Without the pseudo pairs of thin source classes."""
    kept = is_target[pseudo.classes]
    return PseudoFeatures(
        pseudo.image[kept], pseudo.text[kept], pseudo.classes[kept], pseudo.components[kept]
    )
