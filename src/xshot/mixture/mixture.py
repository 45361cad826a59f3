"""Gaussian mixtures over the features of each modality: the peaks of a many-peaked distribution.

GCRDP (arXiv 2505.13306) models intra-class diversity with a Gaussian mixture; the space, the
diagonal covariances and one mixture per modality over all classes are our reading.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_BLOCK_ROWS = 16_384


@dataclass(frozen=True)
class Mixture:
    """J Gaussians with diagonal covariances on the first P principal components of one modality.

    Attributes:
        mean: (D,) mean feature.
        axes: (D, P) orthonormal principal axes.
        weights: (J,) share of each component; they sum to 1.
        means: (J, P) component means, in the principal space.
        variances: (J, P) component variances.
    """

    mean: NDArray[np.float64]
    axes: NDArray[np.float64]
    weights: NDArray[np.float64]
    means: NDArray[np.float64]
    variances: NDArray[np.float64]

    @property
    def n_components(self) -> int:
        """J."""
        return int(self.weights.shape[0])

    def responsibilities(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """P(component | feature): (N, D) features of the modality -> (N, J), rows sum to 1."""
        shares = np.empty((len(features), self.n_components), np.float32)
        for start in range(0, len(features), _BLOCK_ROWS):
            block = slice(start, start + _BLOCK_ROWS)
            joint = self._log_joint(features[block])
            shares[block] = np.exp(joint - np.logaddexp.reduce(joint, axis=1, keepdims=True))
        return shares

    def log_likelihood(self, features: NDArray[np.float32]) -> float:
        """Sum over the rows of the log density in the principal space, in nats."""
        blocks = (features[row : row + _BLOCK_ROWS] for row in range(0, len(features), _BLOCK_ROWS))
        joints = (self._log_joint(block) for block in blocks)
        return float(sum(np.logaddexp.reduce(joint, axis=1).sum() for joint in joints))

    def _log_joint(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """(N, J) log of weight times density."""
        reduced = (features - self.mean) @ self.axes
        precisions = 1 / self.variances
        # The square expanded: two matrix products instead of an (N, J, P) array.
        distances = (
            reduced**2 @ precisions.T
            - 2 * reduced @ (self.means * precisions).T
            + (self.means**2 * precisions).sum(axis=1)
        )
        volumes = np.log(2 * np.pi * self.variances).sum(axis=1)
        joint: NDArray[np.float64] = np.log(self.weights) - 0.5 * (volumes + distances)
        return joint


@dataclass(frozen=True)
class Mixtures:
    """One mixture per modality."""

    image: Mixture
    text: Mixture

    @property
    def n_components(self) -> int:
        """J: the larger number of components of the two."""
        return max(self.image.n_components, self.text.n_components)

    def responsibilities(
        self, image: NDArray[np.float32], text: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Of both modalities, for features (N, D): (2, N, J).

        The modality with fewer components is filled up with zeros.
        """
        shares = np.zeros((2, len(image), self.n_components), np.float32)
        shares[0, :, : self.image.n_components] = self.image.responsibilities(image)
        shares[1, :, : self.text.n_components] = self.text.responsibilities(text)
        return shares
