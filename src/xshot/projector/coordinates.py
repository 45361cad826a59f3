"""Class-posterior coordinates: the probability of each class joins the embedding.

The inner product of two embeddings becomes (cos(z, z') + w * P(same class)) / (1 + w): closeness
of the projected features, and the probability sum_c p(c|x) p(c|x') that both samples are of one
class. Our addition.

Of many classes a sample keeps the likeliest: the others are all but zero, and what is zero costs
search nothing (`xshot.retrieval.compact`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xshot.episode.training_set import Matrix
from xshot.projector.calibration import posterior
from xshot.projector.evidence import Evidence

MOST_CLASSES = 64
"""Classes whose probability a sample keeps in its embedding, where there are more."""

LEAST_SHARE = 1e-3
"""The least probability that is kept then."""


@dataclass(frozen=True)
class Coordinates:
    """The classifier of one modality and how its posterior joins the embedding.

    Attributes:
        evidence: what speaks for each class.
        is_target: (C,) bool.
        weights: of the kinds of evidence and of `source`, from `calibration.fit_weights`.
        weight: w, of the coordinates against the closeness of features.
    """

    evidence: Evidence
    is_target: NDArray[np.bool_]
    weights: dict[str, float]
    weight: float

    def posterior(self, centred: Matrix, projected: Matrix) -> Matrix:
        """(N, D) centred and (N, D) projected features -> (N, C) rows that sum to 1."""
        scores = self.evidence.scores(centred, projected)
        return posterior(scores, self.is_target, self.evidence.kinds, self.weights)


def join(projected: Matrix, shares: Matrix, *, weight: float, side: int) -> Matrix:
    """Projected features and class posterior in one unit-norm embedding.

    Two more coordinates, one per modality, hold what the posterior lacks to unit norm. Each is 0 in
    the other modality, so that they add nothing to any similarity between image and text.

    Args:
        projected: (N, D) unit norm.
        shares: (N, C) posterior.
        weight: of the coordinates.
        side: 0 = images, 1 = texts.

    Returns:
        (N, D + C + 2) unit norm, of the C at most `MOST_CLASSES` other than 0.
    """
    shares = _likeliest(shares)
    rest = np.zeros((len(shares), 2), np.float32)
    rest[:, side] = np.sqrt(np.maximum(0, 1 - (shares**2).sum(axis=1)))
    coordinates = np.sqrt(weight) * np.concatenate([shares, rest], axis=1)
    joined: Matrix = np.concatenate([projected, coordinates], axis=1, dtype=np.float32)
    joined /= np.float32(np.sqrt(1 + weight))
    return joined


def _likeliest(shares: Matrix) -> Matrix:
    """(N, C) with 0 for all but the `MOST_CLASSES` largest of each row and for what is tiny."""
    if shares.shape[1] <= MOST_CLASSES:
        return shares
    places = np.argpartition(shares, -MOST_CLASSES, axis=1)[:, -MOST_CLASSES:]
    largest = np.take_along_axis(shares, places, axis=1)
    kept = np.zeros_like(shares)
    np.put_along_axis(kept, places, np.where(largest < LEAST_SHARE, 0, largest), axis=1)
    return kept
