"""How close generated features of a modality are to real ones of the same classes.

Never part of the pipeline's choices on target classes: real rows of theirs exist only in
evaluation, and in pseudo-episodes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from xshot.episode.training_set import normalise

Matrix = NDArray[np.float32]
Classes = NDArray[np.int64]
Array = NDArray[np.float64]

_LEVELS = (2.5, 97.5)
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Labelled:
    """Features of one modality with their classes.

    Attributes:
        features: (N, D) unit norm, in the centred space.
        classes: (N,) index; a row with several classes is repeated.
    """

    features: Matrix
    classes: Classes

    def take(self, rows: NDArray[np.int64]) -> "Labelled":
        """The rows at `rows`."""
        return Labelled(self.features[rows], self.classes[rows])

    def means(self) -> dict[int, Array]:
        """Class -> (D,) mean feature."""
        return {
            int(each): np.mean(self.features[self.classes == each], axis=0, dtype=np.float64)
            for each in np.unique(self.classes)
        }

    @property
    def varies(self) -> bool:
        """Whether the rows of any class differ by more than rounding."""
        return float(np.square(self.residuals()).mean()) > _ROUNDING

    def residuals(self) -> Array:
        """(N, D) features less the mean of their class."""
        means = self.means()
        mean_of_row = np.stack([means[int(each)] for each in self.classes])
        residuals: Array = np.subtract(self.features, mean_of_row, dtype=np.float64)
        return residuals


@dataclass(frozen=True)
class Quality:
    """Scores of a generator; see the functions of the same names.

    Attributes:
        frechet: distance of within-class residuals, 0 is best.
        frechet_interval: 95% bootstrap interval of it.
        precision: share of generated features among the real ones.
        recall: share of real features among the generated ones.
        coverage: share of real features with a generated one beside them.
        variance_ratio: within-class variance, generated over real; 1 is best.
        accuracy: of a classifier trained on generated, tested on real features.
    """

    frechet: float
    frechet_interval: tuple[float, float]
    precision: float
    recall: float
    coverage: float
    variance_ratio: float
    accuracy: float


def measure_quality(
    real: Labelled, fake: Labelled, *, resamples: int, rng: np.random.Generator
) -> Quality | None:
    """All scores, on equally many rows of each class where the score depends on their number.

    Args:
        real: features that the generator has not seen.
        fake: generated features of the same classes.
        resamples: of the rows, for the interval.
        rng: evens out the numbers of rows and draws the resamples.

    Returns:
        None if the real rows of every class are alike: there is no spread to compare with.
    """
    even_real, even_fake = equal_numbers(real, fake, rng)
    if not even_real.varies:
        return None
    precision, recall, coverage = neighbourhood_scores(even_real.features, even_fake.features)
    return Quality(
        frechet=residual_frechet(even_real, even_fake),
        frechet_interval=frechet_interval(even_real, even_fake, resamples=resamples, rng=rng),
        precision=precision,
        recall=recall,
        coverage=coverage,
        variance_ratio=variance_ratio(even_real, even_fake),
        accuracy=synthetic_accuracy(real, fake),
    )


def equal_numbers(
    real: Labelled, fake: Labelled, rng: np.random.Generator
) -> tuple[Labelled, Labelled]:
    """As many rows of each class on either side, of classes that both have."""
    kept: tuple[list[NDArray[np.int64]], ...] = ([], [])
    for each in np.intersect1d(real.classes, fake.classes):
        sides = [rng.permutation(np.flatnonzero(side.classes == each)) for side in (real, fake)]
        count = min(map(len, sides))
        for rows, side in zip(kept, sides, strict=True):
            rows.append(side[:count])
    return real.take(np.concatenate(kept[0])), fake.take(np.concatenate(kept[1]))


def frechet_distance(left: Array, right: Array) -> float:
    """Squared Frechet distance between Gaussians fitted to (N, P) and (M, P) rows.

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) (Heusel et al., NeurIPS 2017).
    """
    covariances = [np.cov(side, rowvar=False, bias=True) for side in (left, right)]
    covariances = [np.atleast_2d(covariance) for covariance in covariances]
    # The eigenvalues of C1 C2 are real and not negative, up to rounding.
    root = np.sqrt(np.maximum(np.linalg.eigvals(covariances[0] @ covariances[1]).real, 0)).sum()
    traces = sum(np.trace(covariance) for covariance in covariances)
    shift = np.square(left.mean(axis=0) - right.mean(axis=0)).sum()
    return float(shift + traces - 2 * root)


def residual_frechet(real: Labelled, fake: Labelled, *, dimensions: int = 32) -> float:
    """Frechet distance of within-class residuals pooled over classes.

    Measured on the first principal components of the real ones, in units of the real residuals'
    variance there: 0 is the same Gaussian, 1 is as bad as no residual at all; infinite if the real
    ones have none.
    """
    real_residuals, fake_residuals = real.residuals(), fake.residuals()
    axes = _principal_axes(real_residuals, dimensions)
    reduced = [side @ axes for side in (real_residuals, fake_residuals)]
    variance = float(reduced[0].var(axis=0).sum())
    return frechet_distance(*reduced) / variance if variance else float("inf")


def _principal_axes(rows: Array, count: int) -> Array:
    """(P, at most `count`) axes along which (N, P) rows spread most.

    From the scatter matrix or the inner products, whichever is smaller: intervals take hundreds.
    """
    few = len(rows) < rows.shape[1]
    products = rows @ rows.T if few else rows.T @ rows
    least = max(0, len(products) - count)
    values, vectors = eigh(products, subset_by_index=(least, len(products) - 1))
    if not few:
        return np.asarray(vectors, dtype=rows.dtype)
    spread = values > values[-1] * len(rows) * np.finfo(rows.dtype).eps
    axes: Array = rows.T @ vectors[:, spread] / np.sqrt(values[spread])
    return axes


def frechet_interval(
    real: Labelled, fake: Labelled, *, resamples: int, rng: np.random.Generator
) -> tuple[float, float]:
    """95% percentile interval of `residual_frechet` when the rows of every class are redrawn.

    Redrawing repeats rows and so raises the distance itself: compare intervals with each other.
    """
    drawn = [residual_frechet(_redrawn(real, rng), _redrawn(fake, rng)) for _ in range(resamples)]
    # Of few rows a draw may be one row of each class, over and over: it has no residuals.
    finite = [distance for distance in drawn if distance < np.inf]
    if not finite:
        return np.inf, np.inf
    low, high = np.percentile(finite, _LEVELS)
    return float(low), float(high)


def neighbourhood_scores(
    real: Matrix, fake: Matrix, *, neighbours: int = 3
) -> tuple[float, float, float]:
    """Precision, recall and coverage of generated features.

    A feature's ball reaches to its `neighbours`-th nearest feature of its own kind. Precision is
    the share of generated features within a real one's ball, recall that of real ones within a
    generated one's (Kynkaanniemi et al., NeurIPS 2019); coverage is the share of real features with
    a generated one in their ball (Naeem et al., ICML 2020).

    Args:
        real: (N, D) unit norm.
        fake: (M, D) unit norm; N is to equal M.
        neighbours: k.
    """
    across = _distances(real, fake)
    real_radius, fake_radius = (
        np.sort(_distances(side, side), axis=1)[:, neighbours] for side in (real, fake)
    )
    precision = (across <= real_radius[:, None]).any(axis=0).mean()
    recall = (across <= fake_radius[None]).any(axis=1).mean()
    coverage = (across.min(axis=1) <= real_radius).mean()
    return float(precision), float(recall), float(coverage)


def variance_ratio(real: Labelled, fake: Labelled) -> float:
    """Within-class variance of generated over real features; equal numbers per class."""
    return float(np.square(fake.residuals()).sum() / np.square(real.residuals()).sum())


def synthetic_accuracy(real: Labelled, fake: Labelled) -> float:
    """Accuracy on real features of the nearest-mean classifier (cosine) of generated ones."""
    means = fake.means()
    directions = normalise(np.stack(list(means.values())).astype(np.float32))
    predicted = np.array(list(means))[(real.features @ directions.T).argmax(axis=1)]
    return float((predicted == real.classes).mean())


def _redrawn(side: Labelled, rng: np.random.Generator) -> Labelled:
    rows = [np.flatnonzero(side.classes == each) for each in np.unique(side.classes)]
    return side.take(np.concatenate([rng.choice(each, len(each)) for each in rows]))


def _distances(left: Matrix, right: Matrix) -> Matrix:
    """Squared distances of unit-norm rows, which order as the distances do."""
    distances: Matrix = 2 - 2 * left @ right.T
    return distances
