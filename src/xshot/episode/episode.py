"""What an episode is: what training may see, and what only evaluation may."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xshot.episode.params import TrainOn
from xshot.variants import KShot


@dataclass(frozen=True)
class Rows:
    """Manifest rows with their labels.

    Attributes:
        ids: N manifest ids.
        labels: per row the names of its classes, one or more.
        pictures: per row the name that all rows of equal picture bytes share, the smallest of
            their ids; given as nothing where each row has a picture of its own.
    """

    ids: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    pictures: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.pictures:
            object.__setattr__(self, "pictures", self.ids)

    @property
    def firsts(self) -> NDArray[np.bool_]:
        """(N,) whether a row is the first of its picture."""
        first: dict[str, int] = {}
        rows = enumerate(self.pictures)
        return np.array([first.setdefault(picture, row) == row for row, picture in rows], bool)

    @property
    def image_rows(self) -> NDArray[np.int64]:
        """(N,) for each row the first one that shows the same picture under the same labels."""
        if len(set(self.pictures)) == len(self.pictures):
            return np.arange(len(self.pictures))
        first: dict[tuple[str, frozenset[str]], int] = {}
        items = zip(self.pictures, map(frozenset, self.labels), strict=True)
        return np.array([first.setdefault(item, row) for row, item in enumerate(items)], np.int64)

    def followed_by(self, others: "Rows") -> "Rows":
        """These rows and then those."""
        return Rows(
            (*self.ids, *others.ids),
            (*self.labels, *others.labels),
            (*self.pictures, *others.pictures),
        )

    def take(self, rows: Iterable[int]) -> "Rows":
        """Some of the rows, in the order given."""
        places = list(rows)
        return Rows(
            tuple(self.ids[row] for row in places),
            tuple(self.labels[row] for row in places),
            tuple(self.pictures[row] for row in places),
        )

    def multi_hot(self, classes: tuple[str, ...]) -> NDArray[np.bool_]:
        """(N, C) bool; labels that are not in `classes` are left out."""
        place = {name: column for column, name in enumerate(classes)}
        hot = np.zeros((len(self.ids), len(classes)), bool)
        for row, names in enumerate(self.labels):
            hot[row, [place[name] for name in names if name in place]] = True
        return hot


@dataclass(frozen=True)
class Task:
    """Everything that training may see, in an episode or in a pseudo-episode nested in it.

    Attributes:
        source: names of the source classes.
        target: names of the target classes.
        train: rows of the source classes.
        support: all rows of K pictures per target class, each picture's first row before the rest.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    train: Rows
    support: Rows

    @property
    def classes(self) -> tuple[str, ...]:
        """All C class names, sorted: the order of every class axis."""
        return tuple(sorted((*self.source, *self.target)))

    @property
    def is_target(self) -> NDArray[np.bool_]:
        """(C,) bool."""
        target = set(self.target)
        return np.array([name in target for name in self.classes], bool)


@dataclass(frozen=True)
class HeldOut:
    """The rows that only evaluation sees.

    Attributes:
        test_source: test rows of the source classes.
        test_target: test rows of the target classes.
        train_target: training rows of the target classes, of which the support is a part.
    """

    test_source: Rows
    test_target: Rows
    train_target: Rows = Rows((), ())


@dataclass(frozen=True)
class PseudoEpisode:
    """An episode among the source classes: some of them play target, some rows play test."""

    task: Task
    heldout: HeldOut


@dataclass(frozen=True)
class Episode:
    """One draw of the X-shot protocol.

    Attributes:
        seed: of the draw, and of all training that follows.
        k_shot: pictures per target class in the support.
        task: what training sees.
        pseudo_episodes: what settings are chosen on.
        train_on: `all` if the test rows are among what training sees, too.
    """

    seed: int
    k_shot: KShot
    task: Task
    pseudo_episodes: tuple[PseudoEpisode, ...]
    train_on: TrainOn = "train"
