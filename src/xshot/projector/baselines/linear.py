"""A linear classifier as evidence: its scores stand where cosines to the class prompts stood."""

import numpy as np

from xshot.episode.training_set import Matrix, TrainingSet
from xshot.projector.evidence import Evidence


def linear_evidence(classifier: Matrix) -> Evidence:
    """Evidence of one modality.

    Args:
        classifier: (C, D) weights; scaled to norms of 1 in the mean, as the calibration fits the
            temperature.
    """
    norm = np.linalg.norm(classifier, axis=1).mean()
    return Evidence.of_names(classifier / np.float32(max(norm, 1e-12)))


def targets_of(training: TrainingSet) -> Matrix:
    """(N, C) each row's share of its classes; rows sum to 1."""
    shares = training.labels.astype(np.float32)
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1)
    return shares
