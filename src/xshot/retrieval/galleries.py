"""The four galleries in which a system is judged."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xshot.retrieval.ranking import Task

GALLERIES = ("target", "source", "generalized", "generalized_source")

DIRECTIONS = ("i2t", "t2i")

Rows = NDArray[np.int64]
"""Places of rows."""


@dataclass(frozen=True)
class Embeddings:
    """Unit-norm embeddings of the same rows in the common space: (N, D) per modality."""

    image: NDArray[np.float32]
    text: NDArray[np.float32]


@dataclass(frozen=True)
class Gallery:
    """Which test rows ask, which answer, and which labels make an item relevant.

    A row is an image-text pair. Of the rows that show one picture the first stands for it: a
    picture asks once and is there once to be found, while every row's text asks and is found. If
    the same rows ask and answer, what belongs to a query is among the items.

    Attributes:
        queries: by direction (Q,) rows that ask, ascending.
        items: by direction (G,) rows that answer, ascending.
        labels: (N, C) multi-hot labels of all test rows, less those that do not count here.
        pictures: by direction (Q,) which of the gallery's asking pictures each query belongs to.
    """

    queries: dict[str, Rows]
    items: dict[str, Rows]
    labels: NDArray[np.bool_]
    pictures: dict[str, Rows]

    def task(self, embeddings: Embeddings, direction: str) -> Task:
        """What to rank for one of the `DIRECTIONS`."""
        asking, answering = embeddings.image, embeddings.text
        if direction == "t2i":
            asking, answering = answering, asking
        queries, items = self.queries[direction], self.items[direction]
        return Task(asking[queries], answering[items], self.labels[queries], self.labels[items])


def make_gallery(
    queries: Rows, items: Rows, labels: NDArray[np.bool_], image_rows: Rows | None = None
) -> Gallery:
    """A gallery of rows.

    Args:
        queries: rows that ask, ascending.
        items: rows that answer, ascending.
        labels: (N, C) multi-hot, those that count.
        image_rows: (N,) the first row that shows each row's picture; None = each shows its own.
    """
    shown = np.arange(len(labels)) if image_rows is None else image_rows
    asking, place = np.unique(shown[queries], return_inverse=True)
    return Gallery(
        queries={"i2t": asking, "t2i": queries},
        items={"i2t": items, "t2i": np.unique(shown[items])},
        labels=labels,
        pictures={"i2t": np.arange(len(asking)), "t2i": place},
    )


def build_galleries(
    labels: NDArray[np.bool_],
    target_classes: NDArray[np.bool_],
    image_rows: Rows | None = None,
    asks: NDArray[np.bool_] | None = None,
    answers: NDArray[np.bool_] | None = None,
) -> dict[str, Gallery]:
    """The galleries of the held-out rows, by the names in `GALLERIES`.

    A row with any target label is a target row. In the target gallery only target labels count.

    Args:
        labels: (N, C) multi-hot labels of the test rows, of source and target alike.
        target_classes: (C,) whether a class is target.
        image_rows: (N,) the first row that shows each row's picture, which has the same labels;
            None = each shows its own.
        asks: (N,) whether a row asks; None = all do.
        answers: (N,) whether a row answers; None = all do.
    """
    is_target: NDArray[np.bool_] = np.asarray(labels[:, target_classes].any(axis=1))
    everything = np.ones(len(labels), bool)
    asks = everything if asks is None else asks
    answers = everything if answers is None else answers
    target, source = np.flatnonzero(asks & is_target), np.flatnonzero(asks & ~is_target)
    items = np.flatnonzero(answers)
    return {
        "target": make_gallery(
            target, items[is_target[items]], labels & target_classes, image_rows
        ),
        "source": make_gallery(source, items[~is_target[items]], labels, image_rows),
        "generalized": make_gallery(target, items, labels, image_rows),
        "generalized_source": make_gallery(source, items, labels, image_rows),
    }
