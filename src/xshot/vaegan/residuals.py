"""What varies within a class: a joint linear-Gaussian model of image-text residuals.

Probabilistic principal components (Tipping & Bishop, JRSS B 1999) of the concatenated residuals
[image | text]: x_m = mean_m(class) + z L_m + noise. One z for both modalities is what makes
generated pairs belong together. Generators start from it (`vaegan.init: ppca`; our addition).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

# Share of a unit-variance dimension that counts as noise at least: posteriors stay defined where
# classes have one row each.
_NOISE_FLOOR = 1e-3


@dataclass(frozen=True)
class ResidualModel:
    """Linear-Gaussian residuals of both modalities, in features scaled by sqrt(D).

    Attributes:
        loadings: (2, L, D) L_m; z has unit variance.
        noise: (2, D) standard deviation of what the loadings leave over.
    """

    loadings: Array
    noise: Array

    def posterior(self) -> tuple[Array, Array]:
        """q(z | residual of one modality): gains (2, D, L) of its mean, log variances (2, L).

        The mean is exact; the variances are those of the best factorised Gaussian.
        """
        weighted = self.loadings / self.noise[:, None] ** 2
        precision = weighted @ self.loadings.transpose(0, 2, 1) + np.eye(self.loadings.shape[1])
        gains = np.linalg.solve(precision, weighted).transpose(0, 2, 1)
        log_variances = -np.log(np.diagonal(precision, axis1=1, axis2=2))
        return gains.astype(np.float32), log_variances.astype(np.float32)


def fit_residuals(
    residuals: Array, *, weights: Array | None = None, n_classes: int, latent_dim: int
) -> ResidualModel:
    """Fit the model; the variance of every dimension is kept.

    Args:
        residuals: (2, N, D) features less their class's mean, scaled by sqrt(D).
        weights: (N,) what each row counts; 1 by default.
        n_classes: how many means were subtracted: degrees of freedom lost.
        latent_dim: L; loadings beyond the data's rank are zero.
    """
    dimensions = residuals.shape[2]
    if weights is None:
        weights = np.ones(residuals.shape[1], np.float32)
    joined = np.concatenate(list(residuals), axis=1).astype(np.float64)
    joined *= np.sqrt(weights)[:, None]
    covariance = joined.T @ joined / max(1, weights.sum(dtype=np.float64) - n_classes)
    values, vectors = np.linalg.eigh(covariance)
    kept = min(latent_dim, len(values) - 1)
    values, vectors = values[::-1], vectors[:, ::-1]
    rest = max(values[kept:].mean(), 0)
    loadings = np.zeros((latent_dim, 2 * dimensions))
    loadings[:kept] = (vectors[:, :kept] * np.sqrt(np.maximum(values[:kept] - rest, 0))).T
    noise = np.maximum(np.diag(covariance) - (loadings**2).sum(axis=0), _NOISE_FLOOR)
    return ResidualModel(
        loadings=np.stack(np.split(loadings, 2, axis=1)).astype(np.float32),
        noise=np.sqrt(noise).reshape(2, dimensions).astype(np.float32),
    )
