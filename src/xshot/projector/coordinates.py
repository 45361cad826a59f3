"""Class-posterior coordinates: how close a sample is to every class joins its embedding.

Two samples that a classifier takes for the same class become similar, whichever modality they are
of, and whether or not the features saw them as alike. Nothing is trained. Our addition; the
prototypes are those of nearest-mean classifiers, `tip` is the cache of Tip-Adapter (Zhang et al.,
ECCV 2022) used in both directions.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xshot.episode.class_means import ClassMeans
from xshot.episode.training_set import Matrix, TrainingSet, normalise

# Tip-Adapter's alpha and beta as published, and the largest of the shots that it reports.
TIP_WEIGHT = 1.0
TIP_SHARPNESS = 5.5
TIP_SHOTS = 16


@dataclass(frozen=True)
class Coordinates:
    """The classifier of one modality and how its posterior joins the embedding.

    Attributes:
        prototypes: (C, D) unit norm, in the metric's space.
        metric: (D, D) linear map that cosines are taken after.
        offsets: (C,) taken off the logits.
        temperature: factor of the cosines before the softmax.
        weight: of the coordinates against the embedding's own similarity.
        keys: (M, D) rows whose affinity speaks for their class as well; none but in `tip`.
        values: (M, C) what each key speaks for.
    """

    prototypes: Matrix
    metric: Matrix
    offsets: Matrix
    temperature: float
    weight: float
    keys: Matrix
    values: Matrix

    def posterior(self, embedded: Matrix) -> Matrix:
        """(N, D) -> (N, C) rows that sum to 1."""
        mapped = normalise(embedded @ self.metric)
        logits = self.temperature * (mapped @ self.prototypes.T) - self.offsets
        if len(self.keys):
            affinity = np.exp(-TIP_SHARPNESS * (1 - mapped @ self.keys.T))
            logits = logits + TIP_WEIGHT * affinity @ self.values
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        posterior: Matrix = odds / odds.sum(axis=1, keepdims=True)
        return posterior

    def join(self, embedded: Matrix) -> Matrix:
        """(N, D) unit norm -> (N, D + C) unit norm.

        The root makes the inner product of two posteriors their Bhattacharyya coefficient.
        """
        root = normalise(np.sqrt(self.posterior(embedded)))
        return normalise(np.concatenate([embedded, np.sqrt(self.weight) * root], axis=1))

    def tensors(self) -> dict[str, Matrix]:
        """What `from_tensors` needs."""
        return {
            "prototypes": self.prototypes,
            "metric": self.metric,
            "offsets": self.offsets,
            "scalars": np.array([self.temperature, self.weight], np.float32),
            "keys": self.keys,
            "values": self.values,
        }

    @classmethod
    def from_tensors(cls, tensors: dict[str, Matrix]) -> "Coordinates":
        """The inverse of `tensors`."""
        temperature, weight = (float(value) for value in tensors["scalars"])
        return cls(
            tensors["prototypes"],
            tensors["metric"],
            tensors["offsets"],
            temperature,
            weight,
            tensors["keys"],
            tensors["values"],
        )


def within_class_metric(
    features: Matrix, labels: NDArray[np.bool_], means: Matrix, shrinkage: float
) -> Matrix:
    """Inverse root of the pooled within-class covariance, shrunk towards its mean variance.

    Args:
        features: (N, D).
        labels: (N, C) multi-hot.
        means: (C, D).
        shrinkage: share of the isotropic part, in (0, 1].

    Returns:
        (D, D), symmetric.
    """
    hot = labels / np.maximum(labels.sum(axis=1, keepdims=True), 1)
    residuals = features - (hot @ means).astype(np.float32)
    covariance = (residuals.T @ residuals).astype(np.float64) / len(residuals)
    isotropic = np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    variances, axes = np.linalg.eigh((1 - shrinkage) * covariance + shrinkage * isotropic)
    metric: Matrix = ((axes / np.sqrt(variances)) @ axes.T).astype(np.float32)
    return metric


def fit_coordinates(
    training: TrainingSet,
    means: ClassMeans,
    *,
    metric: str,
    temperature: float,
    calibration: float,
    shrinkage: float,
    weight: float,
) -> tuple[Coordinates, Coordinates]:
    """The classifiers of images and of texts.

    Args:
        training: in the space of the embedding.
        means: its class means.
        metric: `cosine`, or `lda` for cosines after whitening within classes.
        temperature: factor of the cosines.
        calibration: taken off the source classes' logits, whose means are better known
            (calibrated stacking, Chao et al., ECCV 2016).
        shrinkage: of the within-class covariance.
        weight: of the coordinates.
    """
    offsets = np.where(training.is_target, 0, calibration).astype(np.float32)
    sides = []
    for features, centres in ((training.image, means.image), (training.text, means.text)):
        linear = np.eye(features.shape[1], dtype=np.float32)
        if metric == "lda":
            linear = within_class_metric(features, training.labels, centres, shrinkage)
        prototypes = normalise(centres @ linear)
        nothing = np.empty((0, features.shape[1]), np.float32), np.empty((0, 0), np.float32)
        sides.append(Coordinates(prototypes, linear, offsets, temperature, weight, *nothing))
    return sides[0], sides[1]


def fit_tip_adapter(
    training: TrainingSet, *, temperature: float, calibration: float, weight: float
) -> tuple[Coordinates, Coordinates]:
    """Tip-Adapter's classifiers: prompts, plus a cache of up to `TIP_SHOTS` rows of each class.

    Keys are features of the query's own modality, so that texts are adapted as images are; `weight`
    joins the posterior to the embedding as with `fit_coordinates`.
    """
    shots = np.cumsum(training.labels, axis=0) <= TIP_SHOTS
    kept = (training.labels & shots).any(axis=1)
    offsets = np.where(training.is_target, 0, calibration).astype(np.float32)
    identity = np.eye(training.dimensions, dtype=np.float32)
    values = training.labels[kept].astype(np.float32)
    image, text = (
        Coordinates(
            training.prompts, identity, offsets, temperature, weight, features[kept], values
        )
        for features in (training.image, training.text)
    )
    return image, text
