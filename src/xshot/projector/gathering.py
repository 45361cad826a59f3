"""Gathering the evidence for classes from a training set."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from xshot.episode.class_means import class_means
from xshot.episode.training_set import Matrix, TrainingSet, normalise
from xshot.projector.classifiers import with_classifiers
from xshot.projector.evidence import MAX_MEMBERS, Evidence, thinned

TIP_SHARPNESS = 5.5
"""Tip-Adapter's beta, as published."""

# Rows that are alike differ by rounding only.
_NO_SPREAD = 1e-10
# Beside the largest; little shrinkage of few rows leaves axes without any variance.
_LEAST_VARIANCE = 1e-6


def gather_evidence(
    training: TrainingSet, *, prompt_weight: float, shrinkage: float, sharpness: float
) -> tuple[Evidence, Evidence]:
    """Evidence among images and among texts, without a projection.

    Args:
        training: centred.
        prompt_weight: rows that what a name predicts is worth.
        shrinkage: isotropic share of the within-class covariance, in (0, 1].
        sharpness: of the kernel.
    """
    named = class_means(_without_support(training), prompt_weight=prompt_weight)
    sides = []
    for features, means, (rows, worth) in zip(
        (training.image, training.text), (named.image, named.text), _members(training), strict=True
    ):
        shares = np.concatenate(
            [worth, prompt_weight * np.eye(training.n_classes)], dtype=np.float32
        )
        shares /= shares.sum(axis=0)
        metric = within_class_metric(training, features, means, shrinkage)
        members = normalise(np.concatenate([features[rows], means]) @ metric)
        sides.append(
            replace(
                Evidence.of_names(training.prompts),
                metric=metric,
                members=members,
                shares=shares,
                sharpness=sharpness,
                logarithmic=True,
            )
        )
    return with_classifiers(sides[0], sides[1])


def with_projection(
    evidence: tuple[Evidence, Evidence], projected: TrainingSet, *, prompt_weight: float
) -> tuple[Evidence, Evidence]:
    """The evidence with class means in the projected space.

    Args:
        evidence: of the same task.
        projected: its rows and prompts in the projected space.
        prompt_weight: rows that what a name predicts is worth.
    """
    means = class_means(projected, prompt_weight=prompt_weight)
    image, text = (
        replace(side, prototypes=normalise(of_side))
        for side, of_side in zip(evidence, (means.image, means.text), strict=True)
    )
    return image, text


def gather_tip_evidence(training: TrainingSet) -> tuple[Evidence, Evidence]:
    """Tip-Adapter's prompts and caches; keys are of the query's own modality, images and texts."""
    image, text = (
        replace(
            Evidence.of_names(training.prompts),
            members=features[rows],
            # The mean where the paper has the sum: classes here differ in size.
            shares=worth / np.maximum(worth.sum(axis=0), 1),
            sharpness=TIP_SHARPNESS,
        )
        for features, (rows, worth) in zip(
            (training.image, training.text), _members(training), strict=True
        )
    )
    return image, text


def within_class_metric(
    training: TrainingSet, features: Matrix, means: Matrix, shrinkage: float
) -> Matrix:
    """Inverse root of the source rows' pooled within-class covariance, shrunk to a multiple of I.

    Args:
        training: says which row is of which class.
        features: (N, D) its rows in one modality.
        means: (C, D) class means.
        shrinkage: share of the isotropic part, in (0, 1].

    Returns:
        (D, D), symmetric; the identity where the rows of a class are all alike.
    """
    source = ~training.is_support
    shares = training.labels[source] / training.labels[source].sum(axis=1, keepdims=True)
    residuals = features[source] - shares.astype(np.float32) @ means
    weights = training.weights[source]
    residuals *= np.sqrt(weights)[:, None]
    covariance = (residuals.T @ residuals).astype(np.float64) / weights.sum(dtype=np.float64)
    isotropic = np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    variances, axes = np.linalg.eigh((1 - shrinkage) * covariance + shrinkage * isotropic)
    if variances[-1] < _NO_SPREAD:
        return np.eye(len(covariance), dtype=np.float32)
    variances = np.maximum(variances, variances[-1] * _LEAST_VARIANCE)
    metric: Matrix = ((axes / np.sqrt(variances)) @ axes.T).astype(np.float32)
    return metric


def _without_support(training: TrainingSet) -> TrainingSet:
    """The same classes, of which the target ones have no row."""
    return replace(training, labels=training.labels & ~training.is_support[:, None])


def _members(training: TrainingSet) -> list[tuple[NDArray[np.int64], Matrix]]:
    """Among images and among texts, the rows (M,) that stand for the classes, and what they count.

    That is (M, C): a class has as much of the rows as it has pictures, at most `MAX_MEMBERS`. A
    picture stands among the images once; its texts share what it counts.
    """
    n_pictures = (training.labels & training.is_first[:, None]).sum(axis=0)
    sides = []
    for counts in (training.is_first.astype(np.float32), training.weights):
        rows, labels = thinned(training.labels & (counts > 0)[:, None])
        worth = labels * counts[rows][:, None]
        total = worth.sum(axis=0)
        worth *= np.minimum(n_pictures, MAX_MEMBERS) / np.where(total > 0, total, 1)
        sides.append((rows, worth))
    return sides
