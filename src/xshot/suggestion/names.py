"""Class names as a classifier of rows that nobody has labelled.

The logit of a class is the sum over modalities of weight * cosine(row, prompt). How much a modality
counts, and how sharply, is learned on labelled rows of any classes: multinomial logistic regression
with one weight a modality, which carries over to classes of which there is nothing but the name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
Modality = Literal["image", "text"]

# Where the weights stay when the rows say nothing, and how strongly: names that separate the rows
# would send them to infinity.
_PRIOR = 10.0
_STRENGTH = 1e-4
_ROUNDS = 50
_CONVERGED = 1e-9
# Labelled rows to learn from: two weights need no more.
_MAX_ROWS = 4000


@dataclass(frozen=True)
class Names:
    """The names of C classes.

    Attributes:
        prompts: (C, D) class prompts, centred as texts are, unit norm.
        weights: of the cosine between a row and a prompt, by the row's modality.
    """

    prompts: Matrix
    weights: Mapping[Modality, float]

    def posterior(self, rows: Mapping[Modality, Matrix]) -> NDArray[np.float64]:
        """Centred unit-norm rows (N, D) of each modality -> (N, C) probability of each class.

        What is no class of these has a place too, with cosine 0: rows need not sum to 1.
        """
        logits = sum(
            self.weights[modality] * (features.astype(np.float64) @ self.prompts.T)
            for modality, features in rows.items()
        )
        most = np.maximum(np.max(logits, axis=1, keepdims=True), 0)
        odds = np.exp(logits - most)
        shares: NDArray[np.float64] = odds / (odds.sum(axis=1, keepdims=True) + np.exp(-most))
        return shares


def learn_names(
    prompts: Matrix, rows: Mapping[Modality, Matrix], labels: NDArray[np.bool_]
) -> Names:
    """The names of all classes, weighted as the labelled rows of some of them say.

    Args:
        prompts: (C, D) as in `Names`.
        rows: (N, D) centred unit-norm rows of each modality; N may be 0.
        labels: (N, C) their classes, one or more; classes without a row are no answers.
    """
    kept = np.flatnonzero(labels.any(axis=1))
    kept = kept[np.linspace(0, len(kept) - 1, min(len(kept), _MAX_ROWS)).astype(int)]
    seen = labels[kept].any(axis=0)
    shares = labels[np.ix_(kept, seen)].astype(np.float64)
    shares /= shares.sum(axis=1, keepdims=True)
    scores = [features[kept].astype(np.float64) @ prompts[seen].T for features in rows.values()]
    weights = _most_likely(np.stack(scores), shares)
    return Names(prompts, dict(zip(rows, weights.tolist(), strict=True)))


def _most_likely(scores: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """(E, N, C) scores and (N, C) class shares -> (E,) weights, by Newton's method.

    The loss is convex; a step that overshoots is halved.
    """
    weights = np.full(len(scores), _PRIOR)
    loss, slope, curvature = _loss(weights, scores, shares)
    for _ in range(_ROUNDS):
        step = np.linalg.solve(curvature, slope)
        tried = _loss(weights - step, scores, shares)
        while tried[0] > loss and np.abs(step).max() > _CONVERGED:
            step /= 2
            tried = _loss(weights - step, scores, shares)
        if tried[0] > loss:
            break
        weights, (loss, slope, curvature) = weights - step, tried
        if np.abs(step).max() < _CONVERGED:
            break
    return weights


def _loss(
    weights: NDArray[np.float64], scores: NDArray[np.float64], shares: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Mean cross-entropy with the prior's pull, its gradient and its Hessian by the weights."""
    away, count = weights - _PRIOR, max(1, len(shares))
    loss, slope = _STRENGTH * float(away @ away), 2 * _STRENGTH * away
    curvature = 2 * _STRENGTH * np.eye(len(weights))
    if not shares.size:
        return loss, slope, curvature
    logits = np.tensordot(weights, scores, 1)
    logits -= logits.max(axis=1, keepdims=True)
    odds = np.exp(logits)
    totals = odds.sum(axis=1, keepdims=True)
    chances = odds / totals
    loss -= float((shares * (logits - np.log(totals))).sum()) / count
    slope = slope + np.tensordot(scores, chances - shares, 2) / count
    expected = (scores * chances).sum(axis=2, keepdims=True)  # (E, N, 1)
    around = (scores - expected) * np.sqrt(chances)
    return loss, slope, curvature + np.tensordot(around, around, ([1, 2], [1, 2])) / count
