"""How much each kind of evidence counts: multinomial logistic stacking on pseudo-episodes.

The posterior is softmax(sum_e w_e * evidence_e - w_source * [class is source]). The few weights w
are those of maximum likelihood on the held-out rows of pseudo-episodes, which makes them a
temperature scaling (Guo et al., ICML 2017), a stacked generalisation (Wolpert, 1992) and a
calibrated stacking of source against target classes (Chao et al., ECCV 2016) in one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xshot.episode.training_set import Matrix

SOURCE = "source"

# Where the weights stay when the rows say nothing, and how strongly: evidence that separates the
# classes would send them to infinity.
_PRIOR = {
    "name": 5.0,
    "members": 6.0,
    "probe": 0.0,
    "regression": 0.0,
    "projected": 4.0,
    SOURCE: 0.0,
}
_STRENGTH = 1e-4


@dataclass(frozen=True)
class Judged:
    """Evidence on rows whose classes are known: the held-out rows of one pseudo-episode.

    Attributes:
        kinds: names of the E kinds of evidence.
        scores: (E, N, C) evidence.
        labels: (N, C) bool.
        is_target: (C,) bool.
    """

    kinds: tuple[str, ...]
    scores: Matrix
    labels: NDArray[np.bool_]
    is_target: NDArray[np.bool_]


def fit_weights(judged: Sequence[Judged]) -> dict[str, float]:
    """The weights of maximum likelihood, of each kind of evidence and of `source`.

    Target rows and source rows count half each, whatever their number; so do pseudo-episodes.

    Args:
        judged: evidence of the same kinds on one or more pseudo-episodes.
    """
    from scipy.optimize import minimize  # not where a trained model is only used

    names = (*judged[0].kinds, SOURCE)
    prior = np.array([_PRIOR[name] for name in names])
    problems = [_problem(episode) for episode in judged]

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        away = weights - prior
        value, slope = _STRENGTH * (away @ away), 2 * _STRENGTH * away
        for scores, shares in problems:
            own_value, own_slope = _cross_entropy(weights, scores, shares)
            value = value + own_value / len(problems)
            slope = slope + own_slope / len(problems)
        return float(value), slope

    weights = minimize(loss, prior, jac=True, method="BFGS").x
    # What a reader of selection.json can take in; more digits change nothing.
    return {name: round(float(weight), 4) for name, weight in zip(names, weights, strict=True)}


def posterior(
    scores: Matrix, is_target: NDArray[np.bool_], kinds: Sequence[str], weights: dict[str, float]
) -> Matrix:
    """(E, N, C) evidence -> (N, C) class posterior; rows sum to 1."""
    counted = np.array([weights[kind] for kind in kinds], np.float32)
    logits = np.tensordot(counted, scores, 1) - np.float32(weights[SOURCE]) * ~is_target
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Matrix = odds / odds.sum(axis=1, keepdims=True)
    return shares


def _problem(judged: Judged) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Evidence (E + 1, N, C) with the source column, and class shares (N, C) times row weight."""
    offset = np.broadcast_to(-1.0 * ~judged.is_target, judged.labels.shape)
    scores = np.concatenate([judged.scores, offset[None]], dtype=np.float64)
    shares = judged.labels / judged.labels.sum(axis=1, keepdims=True)
    of_target = (judged.labels & judged.is_target).any(axis=1)
    sides = [side for side in (of_target, ~of_target) if side.any()]
    row_weights = sum(side / side.sum() for side in sides) / len(sides)
    return scores, shares * np.asarray(row_weights)[:, None]


def _cross_entropy(
    weights: NDArray[np.float64], scores: NDArray[np.float64], shares: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Weighted cross-entropy and its gradient by the weights."""
    logits = np.tensordot(weights, scores, 1)
    logits -= logits.max(axis=1, keepdims=True)
    odds = np.exp(logits)
    totals = odds.sum(axis=1, keepdims=True)
    value = -(shares * (logits - np.log(totals))).sum()
    error = odds / totals * shares.sum(axis=1, keepdims=True) - shares
    return float(value), np.tensordot(scores, error, 2)
