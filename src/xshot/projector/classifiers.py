"""Linear classifiers of the members: where one class ends and another begins.

Name and density look at one class at a time; a classifier sets classes against each other. Both
kinds learn from the rows and predicted means that stand for the classes, in which every class
counts alike and has at least its mean:

- the probe of LP++ (Huang et al., CVPR 2024), prompts blended with weights that descend;
- ridge regression onto the classes, in closed form (a least-squares classifier; Hastie et al., The
  Elements of Statistical Learning, section 4.2), on the members of both modalities.
"""

from dataclasses import replace

import numpy as np

from xshot.episode.training_set import Matrix, normalise
from xshot.projector.evidence import MAX_MEMBERS, Evidence, thinned

ALPHA_EVERY, MOMENTUM, ALPHA_FACTOR = 10, 0.9, 250.0
"""Of the probe, as published."""

STEPS = 100
"""Of the probe where it is evidence. The published 300 bring nothing more there."""

RIDGE = 0.1
"""Beside the mean variance of an axis. From .01 to .3 it matters little."""

MAX_SCORES = 4_000_000
"""Rows times classes that a probe learns from; of many classes each has fewer rows."""

# Below the squared norm of anything but rows that are all alike, which are 0 once centred.
_TINY = 1e-12


def with_classifiers(image: Evidence, text: Evidence) -> tuple[Evidence, Evidence]:
    """Both modalities' evidence with classifiers of the members that it holds."""
    return _with_classifiers(image, text), _with_classifiers(text, image)


def _with_classifiers(own: Evidence, other: Evidence) -> Evidence:
    rows, shares = _few_members(own)
    prompts = normalise(own.prompts @ own.metric)
    weights, alpha = fit_probe(rows, shares, prompts, steps=STEPS)
    probe = weights + alpha[:, None] * prompts
    # The calibration fits the temperature.
    probe /= np.float32(max(np.linalg.norm(probe, axis=1).mean(), _TINY))
    # The metric is symmetric and can be inverted.
    centred = np.linalg.solve(other.metric.astype(np.float64), other.members.T).T
    regression = fit_regression(
        np.concatenate([own.members, normalise((centred @ own.metric).astype(np.float32))]),
        np.concatenate([own.shares, other.shares]),
    )
    return replace(own, classifiers=np.stack([probe, regression]))


def _few_members(known: Evidence) -> tuple[Matrix, Matrix]:
    """Members and shares for the probe: rows, of which a class may keep few, and class means."""
    n_classes = len(known.prompts)
    most = max(1, MAX_SCORES // n_classes**2)
    if most >= MAX_MEMBERS:
        return known.members, known.shares
    rows, kept = thinned(known.shares[:-n_classes] > 0, most)
    members = np.concatenate([known.members[rows], known.members[-n_classes:]])
    shares = np.concatenate([known.shares[rows] * kept, known.shares[-n_classes:]])
    return members, shares / shares.sum(axis=0)


def fit_probe(
    rows: Matrix, shares: Matrix, prompts: Matrix, *, steps: int
) -> tuple[Matrix, Matrix]:
    """W (C, D) and alpha (C,) of the logits x . (w_c + alpha_c a_c).

    Both blocks descend in turn with steps that follow from Lipschitz bounds of the loss, so that
    nothing is to be tuned. We leave out the bias: what a class's frequency says is fitted with the
    calibration.

    Args:
        rows: (M, D) unit norm.
        shares: (M, C) what each row counts for each class, above 0 somewhere in every class.
        prompts: (C, D) unit norm a_c.
        steps: of the descent.
    """
    worth = shares.sum(axis=1, keepdims=True)
    total = worth.sum()
    named = rows @ prompts.T
    weights = shares.T @ rows / shares.sum(axis=0)[:, None]
    alpha = np.full(len(prompts), ALPHA_FACTOR * (shares * named).sum() / total, np.float32)
    largest = np.linalg.eigvalsh((rows.T @ (worth * rows)).astype(np.float64))[-1]
    step = np.float32(4 / max(largest, _TINY))
    alpha_step = np.float32(1 / max(4 * (worth * named**2).sum(axis=0).max(), _TINY))
    velocity = np.zeros_like(weights)
    for iteration in range(1, steps + 1):
        error = _softmax(rows @ weights.T + alpha * named) * worth - shares
        if iteration % ALPHA_EVERY == 0:
            alpha -= alpha_step * (error * named).sum(axis=0)
        velocity = MOMENTUM * velocity + error.T @ rows
        weights -= step * velocity
    return weights, alpha


def fit_regression(rows: Matrix, shares: Matrix) -> Matrix:
    """(C, D) least-squares weights of the classes' shares of each row, less what chance gives.

    Args:
        rows: (M, D) unit norm.
        shares: (M, C) what each row counts for each class.
    """
    worth = shares.sum(axis=1, keepdims=True, dtype=np.float64)
    moments = rows.T @ (worth * rows)
    moments += RIDGE * worth.sum() / len(moments) * np.eye(len(moments))
    beyond_chance = shares - worth / shares.shape[1]
    classifier: Matrix = np.linalg.solve(moments, rows.T @ beyond_chance).T.astype(np.float32)
    return classifier


def _softmax(logits: Matrix) -> Matrix:
    """Over classes, in place: there is one for every step."""
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    return logits
