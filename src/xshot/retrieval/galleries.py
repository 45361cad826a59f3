"""The four galleries in which a system is judged."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xshot.retrieval.ranking import Task

GALLERIES = ("target", "source", "generalized", "generalized_source")

DIRECTIONS = ("i2t", "t2i")


@dataclass(frozen=True)
class Embeddings:
    """Unit-norm embeddings of the same rows in the common space: (N, D) per modality."""

    image: NDArray[np.float32]
    text: NDArray[np.float32]


@dataclass(frozen=True)
class Gallery:
    """Which test rows ask, which answer, and which labels make an item relevant.

    A row is an image-text pair. Its image asks for texts and its text for images; its own partner
    is among the items.

    Attributes:
        queries: (Q,) rows that ask, ascending.
        items: (G,) rows that answer, ascending.
        labels: (N, C) multi-hot labels of all test rows, less those that do not count here.
    """

    queries: NDArray[np.int64]
    items: NDArray[np.int64]
    labels: NDArray[np.bool_]

    def task(self, embeddings: Embeddings, direction: str) -> Task:
        """What to rank for one of the `DIRECTIONS`."""
        asking, answering = embeddings.image, embeddings.text
        if direction == "t2i":
            asking, answering = answering, asking
        return Task(
            asking[self.queries],
            answering[self.items],
            self.labels[self.queries],
            self.labels[self.items],
        )


def build_galleries(
    labels: NDArray[np.bool_], target_classes: NDArray[np.bool_]
) -> dict[str, Gallery]:
    """The galleries of the held-out rows, by the names in `GALLERIES`.

    A row with any target label is a target row. In the target gallery only target labels count.

    Args:
        labels: (N, C) multi-hot labels of the test rows, of source and target alike.
        target_classes: (C,) whether a class is target.
    """
    is_target = labels[:, target_classes].any(axis=1)
    target, source = np.flatnonzero(is_target), np.flatnonzero(~is_target)
    everything = np.arange(len(labels))
    return {
        "target": Gallery(target, target, labels & target_classes),
        "source": Gallery(source, source, labels),
        "generalized": Gallery(target, everything, labels),
        "generalized_source": Gallery(source, everything, labels),
    }
