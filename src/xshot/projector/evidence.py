"""What speaks for each class: how close a sample is to its name, its members and its projection.

Five kinds of evidence, each a score per sample and class:

- `name`: cosine to the class prompt.
- `members`: log density of a kernel estimate over the class's training and support rows, after
  whitening within classes. What the name predicts as the class mean counts as some more rows, so
  that a class without any has a density too. With `tip` it is the cache of Tip-Adapter (Zhang et
  al., ECCV 2022) instead: mean affinity to the rows, neither whitened nor logarithmic.
- `probe` and `regression`: what two linear classifiers of the members say, after the same whitening
  (`xshot.projector.classifiers`).
- `projected`: cosine to the class mean in the space of the gated projection.

Our addition; `calibration` learns how much each kind counts.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from xshot.episode.training_set import Matrix, normalise

MAX_MEMBERS = 64
"""Pictures, or texts, that stand for a class; more are thinned evenly."""

_BLOCK_ROWS = 4096


@dataclass(frozen=True)
class Evidence:
    """What is known of the C classes in one modality.

    Attributes:
        prompts: (C, D) class embeddings.
        metric: (D, D) linear map after which members are compared.
        members: (M, D) unit norm, after the metric.
        shares: (M, C) each member's share of a class; columns sum to 1, or to 0 without a member.
        classifiers: (2, C, D) of the probe and the regression, after the metric; (0, C, D) in
            others' evidence.
        prototypes: (C, D) unit norm class means in the projected space; (0, D) without projection.
        sharpness: factor of the cosines in the kernel's exponent.
        logarithmic: members speak by the log of the density, not by the density (`tip`).
    """

    prompts: Matrix
    metric: Matrix
    members: Matrix
    shares: Matrix
    classifiers: Matrix
    prototypes: Matrix
    sharpness: float
    logarithmic: bool

    @classmethod
    def of_names(cls, prompts: Matrix) -> Self:
        """What (C, D) `prompts`, or another classifier in their place, say alone."""
        count, dimensions = prompts.shape
        return cls(
            prompts=prompts,
            metric=np.eye(dimensions, dtype=np.float32),
            members=np.empty((0, dimensions), np.float32),
            shares=np.empty((0, count), np.float32),
            classifiers=np.empty((0, count, dimensions), np.float32),
            prototypes=np.empty((0, dimensions), np.float32),
            sharpness=1.0,
            logarithmic=False,
        )

    @property
    def kinds(self) -> tuple[str, ...]:
        """The names of the E kinds of evidence."""
        classifiers = ("probe", "regression")[: len(self.classifiers)]
        projected = ("projected",) if len(self.prototypes) else ()
        return ("name", "members", *classifiers, *projected)

    def scores(self, centred: Matrix, projected: Matrix) -> Matrix:
        """Evidence for every class.

        Args:
            centred: (N, D) centred features.
            projected: (N, D) the same samples in the projected space.

        Returns:
            (E, N, C).
        """
        kinds = self.kinds
        scores = np.empty((len(kinds), len(centred), len(self.prompts)), np.float32)
        scores[0] = centred @ self.prompts.T
        for start in range(0, len(centred), _BLOCK_ROWS):
            block = slice(start, start + _BLOCK_ROWS)
            whitened = normalise(centred[block] @ self.metric)
            scores[1, block] = self._density(whitened)
            for place, classifier in enumerate(self.classifiers, start=2):
                scores[place, block] = whitened @ classifier.T
        if len(self.prototypes):
            scores[-1] = projected @ self.prototypes.T
        return scores

    def _density(self, whitened: Matrix) -> Matrix:
        density: Matrix = np.exp(self.sharpness * (whitened @ self.members.T - 1)) @ self.shares
        if not self.logarithmic:
            return density
        # In units of a cosine, as the other kinds.
        logarithm: Matrix = np.log(np.maximum(density, np.float32(1e-30)))
        return logarithm / np.float32(self.sharpness)


def thinned(
    labels: NDArray[np.bool_], most: int = MAX_MEMBERS
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Rows that stand for the classes, and for which: each has at most `most`, evenly.

    Args:
        labels: (N, C) which rows are of which class.
        most: rows that a class keeps.

    Returns:
        (M,) places of the rows that any class keeps, and (M, C).
    """
    kept = np.zeros_like(labels)
    for of_class, column in zip(kept.T, labels.T, strict=True):
        members = np.flatnonzero(column)
        places = np.linspace(0, len(members) - 1, min(len(members), most)).astype(int)
        of_class[members[places]] = True
    rows = np.flatnonzero(kept.any(axis=1))
    return rows, kept[rows]
