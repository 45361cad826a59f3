"""What speaks for each class: how close a sample is to its name, its members and its projection.

Three kinds of evidence, each a score per sample and class:

- `name`: cosine to the class prompt.
- `members`: log density of a kernel estimate over the class's training and support rows, after
  whitening within classes. What the name predicts as the class mean counts as some more rows, so
  that a class without any has a density too. With `tip` it is the cache of Tip-Adapter (Zhang et
  al., ECCV 2022) instead: mean affinity to the rows, neither whitened nor logarithmic.
- `projected`: cosine to the class mean in the space of the gated projection.

Our addition; `calibration` learns how much each kind counts.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from xshot.episode.class_means import class_means
from xshot.episode.training_set import Matrix, TrainingSet, normalise

MAX_MEMBERS = 64
"""Pictures, or texts, that stand for a class; more are thinned evenly."""

TIP_SHARPNESS = 5.5
"""Tip-Adapter's beta, as published."""

# Rows that are alike differ by rounding only.
_NO_SPREAD = 1e-10
# Beside the largest; little shrinkage of few rows leaves axes without any variance.
_LEAST_VARIANCE = 1e-6

_BLOCK_ROWS = 4096


@dataclass(frozen=True)
class Evidence:
    """What is known of the C classes in one modality.

    Attributes:
        prompts: (C, D) class embeddings.
        metric: (D, D) linear map after which members are compared.
        members: (M, D) unit norm, after the metric.
        shares: (M, C) each member's share of a class; columns sum to 1, or to 0 without a member.
        prototypes: (C, D) unit norm class means in the projected space; (0, D) without projection.
        sharpness: factor of the cosines in the kernel's exponent.
        logarithmic: members speak by the log of the density, not by the density (`tip`).
    """

    prompts: Matrix
    metric: Matrix
    members: Matrix
    shares: Matrix
    prototypes: Matrix
    sharpness: float
    logarithmic: bool

    @property
    def kinds(self) -> tuple[str, ...]:
        """The names of the E kinds of evidence."""
        return ("name", "members", "projected")[: 3 if len(self.prototypes) else 2]

    def scores(self, centred: Matrix, projected: Matrix) -> Matrix:
        """Evidence for every class.

        Args:
            centred: (N, D) centred features.
            projected: (N, D) the same samples in the projected space.

        Returns:
            (E, N, C).
        """
        scores = [centred @ self.prompts.T, self._density(centred)]
        if len(self.prototypes):
            scores.append(projected @ self.prototypes.T)
        return np.stack(scores)

    def _density(self, centred: Matrix) -> Matrix:
        density = np.empty((len(centred), self.shares.shape[1]), np.float32)
        for start in range(0, len(centred), _BLOCK_ROWS):
            block = slice(start, start + _BLOCK_ROWS)
            cosines = normalise(centred[block] @ self.metric) @ self.members.T
            density[block] = np.exp(self.sharpness * (cosines - 1)) @ self.shares
        if not self.logarithmic:
            return density
        # In units of a cosine, as the other kinds.
        logarithm: Matrix = np.log(np.maximum(density, np.float32(1e-30)))
        return logarithm / np.float32(self.sharpness)


def gather_evidence(
    training: TrainingSet,
    projected: TrainingSet | None,
    *,
    prompt_weight: float,
    shrinkage: float,
    sharpness: float,
) -> tuple[Evidence, Evidence]:
    """Evidence among images and among texts.

    Args:
        training: centred.
        projected: the same rows and prompts in the projected space; None without projection.
        prompt_weight: rows that what a name predicts is worth.
        shrinkage: isotropic share of the within-class covariance, in (0, 1].
        sharpness: of the kernel.
    """
    named = class_means(_without_support(training), prompt_weight=prompt_weight)
    prototypes = [np.empty((0, training.dimensions), np.float32)] * 2
    if projected is not None:
        projected_means = class_means(projected, prompt_weight=prompt_weight)
        prototypes = [normalise(projected_means.image), normalise(projected_means.text)]
    sides = []
    for features, means, centres, (rows, worth) in zip(
        (training.image, training.text),
        (named.image, named.text),
        prototypes,
        _members(training),
        strict=True,
    ):
        shares = np.concatenate(
            [worth, prompt_weight * np.eye(training.n_classes)], dtype=np.float32
        )
        shares /= shares.sum(axis=0)
        metric = within_class_metric(training, features, means, shrinkage)
        members = normalise(np.concatenate([features[rows], means]) @ metric)
        sides.append(
            Evidence(
                training.prompts, metric, members, shares, centres, sharpness, logarithmic=True
            )
        )
    return sides[0], sides[1]


def gather_tip_evidence(training: TrainingSet) -> tuple[Evidence, Evidence]:
    """Tip-Adapter's prompts and caches; keys are of the query's own modality, images and texts."""
    nothing = np.empty((0, training.dimensions), np.float32)
    identity = np.eye(training.dimensions, dtype=np.float32)
    image, text = (
        Evidence(
            training.prompts,
            identity,
            features[rows],
            # The mean where the paper has the sum: classes here differ in size.
            worth / np.maximum(worth.sum(axis=0), 1),
            nothing,
            TIP_SHARPNESS,
            logarithmic=False,
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
        rows, labels = _thinned(training.labels & (counts > 0)[:, None])
        worth = labels * counts[rows][:, None]
        total = worth.sum(axis=0)
        worth *= np.minimum(n_pictures, MAX_MEMBERS) / np.where(total > 0, total, 1)
        sides.append((rows, worth))
    return sides


def _thinned(labels: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Rows that stand for the classes, and for which: each has at most `MAX_MEMBERS`, evenly."""
    kept = np.zeros_like(labels)
    for of_class, column in zip(kept.T, labels.T, strict=True):
        members = np.flatnonzero(column)
        places = np.linspace(0, len(members) - 1, min(len(members), MAX_MEMBERS)).astype(int)
        of_class[members[places]] = True
    rows = np.flatnonzero(kept.any(axis=1))
    return rows, kept[rows]
