"""Generators without training: what a trained one has to beat.

All give `pairs_per_class` pairs of every target class, class by class, in the centred space.
"""

import numpy as np
from numpy.typing import NDArray

from xshot.episode.class_means import class_means
from xshot.episode.training_set import TrainingSet, normalise
from xshot.store.pseudo import PseudoFeatures

Matrix = NDArray[np.float32]


def prompt_noise(
    training: TrainingSet, pairs_per_class: int, *, deviation: float, rng: np.random.Generator
) -> PseudoFeatures:
    """The class embedding plus isotropic noise, for image and text alike.

    Args:
        training: prompts and target classes.
        pairs_per_class: rows per class.
        deviation: root mean square length of the noise; the embedding's is 1.
        rng: draws the noise.
    """
    classes = _target_rows(training, pairs_per_class)
    starts = training.prompts[classes]
    return _noisy(starts, starts, classes, deviation, rng)


def support_noise(
    training: TrainingSet, pairs_per_class: int, *, deviation: float, rng: np.random.Generator
) -> PseudoFeatures:
    """Support pairs in turn plus isotropic noise; without support, `prompt_noise`."""
    classes = _target_rows(training, pairs_per_class)
    image, text = training.prompts[classes], training.prompts[classes]
    for target in np.unique(classes):
        support = np.flatnonzero(training.labels[:, target] & training.is_support)
        if support.size:
            rows = np.flatnonzero(classes == target)
            turns = support[np.arange(rows.size) % support.size]
            image[rows], text[rows] = training.image[turns], training.text[turns]
    return _noisy(image, text, classes, deviation, rng)


def residual_bootstrap(
    training: TrainingSet, pairs_per_class: int, *, prompt_weight: float, rng: np.random.Generator
) -> PseudoFeatures:
    """The estimated class mean plus what a random source pair has beyond its own class's mean."""
    means = class_means(training, prompt_weight=prompt_weight)
    rows, class_of = np.nonzero(
        training.labels & ~training.is_target & ~training.is_support[:, None]
    )
    classes = _target_rows(training, pairs_per_class)
    drawn = rng.integers(len(rows), size=len(classes))
    image, text = (
        normalise(mean[classes] + features[rows[drawn]] - mean[class_of[drawn]])
        for features, mean in ((training.image, means.image), (training.text, means.text))
    )
    return PseudoFeatures(image, text, classes, np.full(len(classes), -1))


def _target_rows(training: TrainingSet, pairs_per_class: int) -> NDArray[np.int64]:
    return np.repeat(np.flatnonzero(training.is_target), pairs_per_class)


def _noisy(
    image: Matrix,
    text: Matrix,
    classes: NDArray[np.int64],
    deviation: float,
    rng: np.random.Generator,
) -> PseudoFeatures:
    scale = np.float32(deviation * image.shape[1] ** -0.5)
    image, text = (
        normalise(side + scale * rng.standard_normal(side.shape, np.float32))
        for side in (image, text)
    )
    return PseudoFeatures(image, text, classes, np.full(len(classes), -1))
