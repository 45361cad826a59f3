"""A linear classifier as evidence: its scores stand where cosines to the class prompts stood."""

import numpy as np

from xshot.episode.training_set import Matrix, TrainingSet
from xshot.projector.evidence import Evidence


def linear_evidence(classifier: Matrix, training: TrainingSet) -> Evidence:
    """Evidence of one modality.

    Args:
        classifier: (C, D) weights; scaled to norms of 1 in the mean, as the calibration fits the
            temperature.
        training: what it was trained on.
    """
    norm = np.linalg.norm(classifier, axis=1).mean()
    return Evidence(
        prompts=classifier / np.float32(max(norm, 1e-12)),
        metric=np.eye(training.dimensions, dtype=np.float32),
        members=np.empty((0, training.dimensions), np.float32),
        shares=np.empty((0, training.n_classes), np.float32),
        prototypes=np.empty((0, training.dimensions), np.float32),
        sharpness=1.0,
        logarithmic=False,
    )


def targets_of(training: TrainingSet) -> Matrix:
    """(N, C) each row's share of its classes; rows sum to 1."""
    shares = training.labels.astype(np.float32)
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1)
    return shares
