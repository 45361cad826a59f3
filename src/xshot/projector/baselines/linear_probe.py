"""LP++: a linear probe blended with the class prompts (Huang et al., CVPR 2024).

The logit of class c is x . (w_c + alpha_c a_c). Both blocks descend in turn with steps that follow
from Lipschitz bounds of the loss, so that nothing is to be tuned. We leave out the bias, since what
a class's frequency says is fitted with the calibration.
"""

import numpy as np
from scipy.special import softmax

from xshot.episode.training_set import Matrix, TrainingSet
from xshot.projector.baselines.linear import linear_evidence, targets_of
from xshot.projector.evidence import Evidence

STEPS, ALPHA_EVERY, MOMENTUM, ALPHA_FACTOR = 300, 10, 0.9, 250.0
"""As published."""


def gather_linear_probe_evidence(training: TrainingSet) -> tuple[Evidence, Evidence]:
    """A probe among images and one among texts."""
    pictures = training.pictures
    return (
        linear_evidence(fit_linear_probe(pictures.image, pictures), training),
        linear_evidence(fit_linear_probe(training.text, training), training),
    )


def fit_linear_probe(features: Matrix, training: TrainingSet) -> Matrix:
    """(C, D) weights w_c + alpha_c a_c.

    A class without a row (K = 0) takes no part in training, which could only push it away; its
    prompt stands for it, with the mean alpha of the others.

    Args:
        features: (N, D) rows of one modality.
        training: says of which class they are.
    """
    seen = training.labels.any(axis=0)
    prompts, targets = training.prompts[seen], targets_of(training)[:, seen]
    named = features @ prompts.T
    weights = targets.T @ features / targets.sum(axis=0)[:, None]
    alpha = np.full(len(prompts), ALPHA_FACTOR * (targets * named).sum(axis=1).mean(), np.float32)
    largest = np.linalg.eigvalsh((features.T @ features).astype(np.float64))[-1]
    step, alpha_step = 4 * len(named) / largest, len(named) / (4 * (named**2).sum(axis=0).max())
    velocity = np.zeros_like(weights)
    for iteration in range(1, STEPS + 1):
        error = softmax(features @ weights.T + alpha * named, axis=1) - targets
        if iteration % ALPHA_EVERY == 0:
            alpha -= np.float32(alpha_step) * (error * named).mean(axis=0)
        velocity = MOMENTUM * velocity + error.T @ features / len(named)
        weights -= np.float32(step) * velocity
    classifier: Matrix = alpha.mean() * training.prompts
    classifier[seen] = weights + alpha[:, None] * prompts
    return classifier
