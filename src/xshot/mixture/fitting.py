"""Fitting mixtures that stay well-posed however few rows there are."""

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from xshot.distinct import find_distinct
from xshot.episode.training_set import TrainingSet
from xshot.mixture.mixture import Mixture, Mixtures
from xshot.mixture.params import GmmParams
from xshot.progress import progress

MAX_ROWS = 20_000
# No component's variance falls below this share of the axis' own, whatever shrinkage is.
_VARIANCE_FLOOR = 1e-3
# Of unit-norm features in float32: less than this is rounding.
_NO_VARIANCE = 1e-9

Matrix = NDArray[np.float32]


def fit_mixtures(training: TrainingSet, params: GmmParams, rng: np.random.Generator) -> Mixtures:
    """Fit one mixture per modality to the distinct items of source rows and support alike.

    A text that many rows share is one point: as many would be a cluster of no width.
    """
    return Mixtures(
        image=fit_mixture(_distinct(training.image), params, rng),
        text=fit_mixture(_distinct(training.text), params, rng),
    )


def _distinct(features: Matrix) -> Matrix:
    return features[find_distinct(features).places]


def fit_mixture(features: Matrix, params: GmmParams, rng: np.random.Generator) -> Mixture:
    """Fit a mixture to (N, D) features, N >= 1; more than `MAX_ROWS` rows are subsampled.

    The number of components is the power of two with the lowest BIC (Schwarz 1978). Every component
    holds at least `params.min_members` rows: where one holds less, the fit is repeated with as many
    components as held enough. Component variances are shrunk towards their pooled mean.
    """
    if len(features) > MAX_ROWS:
        features = features[np.sort(rng.choice(len(features), MAX_ROWS, replace=False))]
    seed = int(rng.integers(2**32))
    # One thread: sums over threads come in any order, and bytes must not depend on that.
    with threadpool_limits(limits=1):
        mean, axes = _principal_axes(features, params.dimensions)
        counts = _component_counts(len(features), params)
        candidates = [
            _well_posed(features, mean, axes, n_components, params, seed)
            for n_components in progress(counts, total=len(counts), unit="fit", label="mixture")
        ]
        return min(candidates, key=lambda mixture: bic(mixture, features, params.shrinkage))


def bic(mixture: Mixture, features: Matrix, shrinkage: float) -> float:
    """Bayesian information criterion of (N, D) features in nats; lower is better.

    A variance counts as a free parameter only for the share that comes from the component's own
    rows (the effective degrees of freedom of a shrunken estimate; our reading). Without that,
    diagonal mixtures of a few hundred rows never pay for a second component.
    """
    n_components, n_axes = mixture.means.shape
    members = len(features) * mixture.weights
    own_share = float((members / (members + shrinkage)).mean())
    n_variances = n_axes * (1 + own_share * (n_components - 1))
    n_free: float = n_components - 1 + n_components * n_axes + n_variances
    return n_free * float(np.log(len(features))) - 2 * mixture.log_likelihood(features)


def _component_counts(n_rows: int, params: GmmParams) -> list[int]:
    most = max(1, min(params.max_components, n_rows // params.min_members))
    return [2**power for power in range(most.bit_length())]


def _principal_axes(features: Matrix, n_axes: int) -> tuple[NDArray[np.float64], ...]:
    """Mean (D,) and the first axes (D, P) that the rows vary along; P is at least 1."""
    mean = features.mean(axis=0, dtype=np.float64)
    centred = features - mean
    variances, axes = np.linalg.eigh(centred.T @ centred / len(features))
    varying = int((variances > _NO_VARIANCE).sum())
    kept = max(1, min(n_axes, varying))
    return mean, np.ascontiguousarray(axes[:, ::-1][:, :kept])


def _well_posed(
    features: Matrix,
    mean: NDArray[np.float64],
    axes: NDArray[np.float64],
    n_components: int,
    params: GmmParams,
    seed: int,
) -> Mixture:
    """A mixture of at most `n_components`, each of which holds enough rows."""
    reduced = (features - mean) @ axes
    while True:
        weights, means, variances = _fit(reduced, n_components, seed)
        shrunk = _shrink(variances, weights, reduced, params.shrinkage)
        mixture = Mixture(mean, axes, weights, means, shrunk)
        members = mixture.responsibilities(features).sum(axis=0, dtype=np.float64)
        n_enough = int((members >= params.min_members).sum())
        if n_enough == n_components or n_components == 1:
            return mixture
        n_components = max(1, n_enough)


def _fit(
    reduced: NDArray[np.float64], n_components: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Weights (J,), means (J, P) and variances (J, P) of the maximum likelihood."""
    if n_components == 1:
        return np.ones(1), reduced.mean(axis=0, keepdims=True), reduced.var(axis=0, keepdims=True)
    model = GaussianMixture(n_components, covariance_type="diag", random_state=seed)
    with warnings.catch_warnings():
        # Cut short, or started from fewer distinct rows than components: a valid mixture still.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(reduced)
    return model.weights_, model.means_, model.covariances_


def _shrink(
    variances: NDArray[np.float64],
    weights: NDArray[np.float64],
    reduced: NDArray[np.float64],
    shrinkage: float,
) -> NDArray[np.float64]:
    """Variances (J, P) drawn towards their pooled mean, the more the fewer rows they come from."""
    members = len(reduced) * weights[:, None]
    pooled = weights @ variances
    shrunk = (members * variances + shrinkage * pooled) / (members + shrinkage)
    floor = np.maximum(_VARIANCE_FLOOR * reduced.var(axis=0), _NO_VARIANCE)
    floored: NDArray[np.float64] = np.maximum(shrunk, floor)
    return floored
