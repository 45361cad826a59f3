"""What an episode is, and its two files: what training may see, and what only evaluation may.

`episode.json` holds the classes, the training rows, the support and the pseudo-episodes;
`heldout.json` holds the test rows and the target classes' training rows, and is read by `evaluate`
alone: no more than their support is learned from. Rows are lists of manifest ids; `labels` gives
the class names of every row named in the file, `pictures` the picture of those rows that share one
with another.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xshot.episode.params import TrainOn
from xshot.errors import UserError
from xshot.reading import explain, read_file
from xshot.store.atomic import write_text
from xshot.variants import KShot

SCHEMA_VERSION = 1


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


def write_episode(path: Path, episode: Episode) -> None:
    """Write `episode.json`, atomically."""
    task = episode.task
    tree = {
        "seed": episode.seed,
        "k_shot": episode.k_shot,
        **({"train_on": episode.train_on} if episode.train_on != "train" else {}),
        **_task_tree(task),
        "pseudo_episodes": [
            {**_task_tree(pseudo.task), **_heldout_tree(pseudo.heldout)}
            for pseudo in episode.pseudo_episodes
        ],
        # The rows of pseudo-episodes are rows of `train`.
        **_rows_tree(task.train, task.support),
    }
    _write(path, tree)


def write_heldout(path: Path, heldout: HeldOut) -> None:
    """Write `heldout.json`, atomically."""
    rows = _rows_tree(heldout.test_source, heldout.test_target, heldout.train_target)
    _write(path, {**_heldout_tree(heldout), "train_target": heldout.train_target.ids, **rows})


def read_episode(path: Path) -> Episode:
    """Read `episode.json`.

    Raises:
        UserError: absent, damaged or of another schema.
    """
    with _tree(path) as tree:
        known = _Known(tree)
        return Episode(
            seed=tree["seed"],
            k_shot=tree["k_shot"],
            task=known.task(tree),
            train_on=tree.get("train_on", "train"),
            pseudo_episodes=tuple(
                PseudoEpisode(known.task(pseudo), known.heldout(pseudo))
                for pseudo in tree["pseudo_episodes"]
            ),
        )


def read_heldout(path: Path) -> HeldOut:
    """Read `heldout.json`.

    Raises:
        UserError: absent, damaged or of another schema.
    """
    with _tree(path) as tree:
        return _Known(tree).heldout(tree)


def _task_tree(task: Task) -> dict[str, Any]:
    firsts = task.support.firsts
    rest = [row for row, first in zip(task.support.ids, firsts, strict=True) if not first]
    return {
        "classes": {"source": task.source, "target": task.target},
        "train": task.train.ids,
        # The shots: a row per picture; further texts of these pictures stand apart.
        "support": [row for row, first in zip(task.support.ids, firsts, strict=True) if first],
        **({"support_texts": rest} if rest else {}),
    }


def _heldout_tree(heldout: HeldOut) -> dict[str, Any]:
    return {"test_source": heldout.test_source.ids, "test_target": heldout.test_target.ids}


def _rows_tree(*parts: Rows) -> dict[str, dict[str, Any]]:
    """Labels of all rows, and the picture of those that share one."""
    labels: dict[str, Any] = {}
    pictures: dict[str, Any] = {}
    for rows in parts:
        labels.update(zip(rows.ids, rows.labels, strict=True))
        shared = zip(rows.ids, rows.pictures, strict=True)
        pictures.update((row, picture) for row, picture in shared if row != picture)
    return {"labels": labels, **({"pictures": pictures} if pictures else {})}


class _Known:
    """What a file says of the rows that it names."""

    def __init__(self, tree: dict[str, Any]) -> None:
        self._labels: dict[str, list[str]] = tree["labels"]
        self._pictures: dict[str, str] = tree.get("pictures", {})

    def task(self, tree: dict[str, Any]) -> Task:
        return Task(
            source=tuple(tree["classes"]["source"]),
            target=tuple(tree["classes"]["target"]),
            train=self.rows(tree["train"]),
            support=self.rows([*tree["support"], *tree.get("support_texts", ())]),
        )

    def heldout(self, tree: dict[str, Any]) -> HeldOut:
        keys = ("test_source", "test_target", "train_target")
        return HeldOut(*(self.rows(tree.get(key, ())) for key in keys))

    def rows(self, ids: Iterable[str]) -> Rows:
        kept = tuple(ids)
        return Rows(
            kept,
            tuple(tuple(self._labels[row]) for row in kept),
            tuple(self._pictures.get(row, row) for row in kept),
        )


def _write(path: Path, tree: dict[str, Any]) -> None:
    write_text(path, json.dumps({"schema_version": SCHEMA_VERSION, **tree}, indent=1) + "\n")


@contextmanager
def _tree(path: Path) -> Iterator[dict[str, Any]]:
    remedy = "re-run `dvc repro episode`"
    try:
        tree = json.loads(read_file(path))
        if tree["schema_version"] != SCHEMA_VERSION:
            raise UserError(f"{path}: schema version {tree['schema_version']}; {remedy}")
        yield tree
    except FileNotFoundError:
        raise UserError(f"{path}: not found; {remedy}") from None
    except OSError as error:
        raise UserError(f"{path}: {explain(error, remedy)}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path}: damaged ({error!r}); {remedy}") from None
