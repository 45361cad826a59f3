"""The best guess of each class's mean feature: counted where there are rows, else from its name."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xshot.episode.training_set import Matrix, TrainingSet

# Between 2 and 10 it matters little; pseudo-episodes of seeds 0 to 4 prefer 2 to 5.
RIDGE = 5.0


@dataclass(frozen=True)
class ClassMeans:
    """Estimated mean features, in the centred space. Shorter than 1: the spread is the rest.

    Attributes:
        image: (C, D).
        text: (C, D).
    """

    image: Matrix
    text: Matrix


def class_means(training: TrainingSet, *, prompt_weight: float) -> ClassMeans:
    """Estimate every class's mean feature in both modalities.

    A source class has the mean of its training pictures. A target class has the mean of its support
    and of what its prompt predicts, which counts for `prompt_weight` pictures: (sum + weight *
    predicted) / (K + weight). A picture counts once, however many texts it has, and so do its texts
    together; one with several classes counts for each. The prediction is a linear map from prompts
    to means, learned on the source classes (our addition).

    Args:
        training: source and support rows with labels and prompts.
        prompt_weight: how many pictures a prompt is worth; above 0.
    """
    is_own = training.is_target == training.is_support[:, None]
    members = (training.labels & is_own) * training.weights[:, None]  # source or support, by class
    image, text = (
        estimate_means(features, members, training.prompts, training.is_target, prompt_weight)
        for features in (training.image, training.text)
    )
    return ClassMeans(image, text)


def estimate_means(
    features: Matrix,
    members: Matrix,
    prompts: Matrix,
    is_target: NDArray[np.bool_],
    prompt_weight: float,
) -> Matrix:
    """`class_means` in one modality.

    Args:
        features: (N, D).
        members: (N, C) what each row counts in a class; 0 outside of it.
        prompts: (C, D) class embeddings.
        is_target: (C,) bool.
        prompt_weight: see there.

    Returns:
        (C, D).
    """
    counts = members.sum(axis=0)[:, None]
    weights = np.where(is_target[:, None] | (counts == 0), prompt_weight, 0).astype(np.float32)
    known = ~is_target & (counts[:, 0] > 0)
    sums = members.T @ features
    predicted = predict_means(prompts, known, sums[known] / counts[known])
    means: Matrix = (sums + weights * predicted) / (counts + weights)
    return means


def predict_means(prompts: Matrix, known: NDArray[np.bool_], means: Matrix) -> Matrix:
    """Mean features of all C classes from their prompts, by ridge regression on the known classes.

    The map W minimises sum ||m_c - W a_c||^2 + RIDGE * ||W - r I||^2, where r is the best scalar in
    place of W. Few classes thus bend the prompt a little; they do not replace it.

    Args:
        prompts: (C, D) unit-norm class embeddings a_c.
        known: (C,) the classes to learn from, at least one.
        means: mean feature of each known class, (known.sum(), D).

    Returns:
        (C, D).
    """
    seen = prompts[known].astype(np.float64)
    # Prompts that are all alike are nothing but zeros once they are centred.
    scale = (seen * means).sum() / ((seen**2).sum() or 1)
    # In the dual: one equation per class instead of one per dimension.
    gram = seen @ seen.T + RIDGE * np.eye(len(seen))
    bend = np.linalg.solve(gram, means - scale * seen)
    predicted: Matrix = (scale * prompts + (prompts @ seen.T) @ bend).astype(np.float32)
    return predicted
