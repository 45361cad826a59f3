"""What an episode is, and its two files: what training may see, and what only evaluation may.

`episode.json` holds the classes, the training rows, the support and the pseudo-episodes;
`heldout.json` holds the test rows and is read by `evaluate` alone. Rows are lists of manifest ids;
`labels` gives the class names of every row named in the file.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xshot.errors import UserError
from xshot.reading import explain, read_file
from xshot.store.atomic import write_text

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Rows:
    """Manifest rows with their labels.

    Attributes:
        ids: N manifest ids.
        labels: per row the names of its classes, one or more.
    """

    ids: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]

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
        support: K rows per target class.
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
    """The rows that only evaluation sees."""

    test_source: Rows
    test_target: Rows


@dataclass(frozen=True)
class PseudoEpisode:
    """An episode among the source classes: some of them play target, some rows play test."""

    task: Task
    heldout: HeldOut


@dataclass(frozen=True)
class Episode:
    """One draw of the X-shot protocol."""

    seed: int
    k_shot: int
    task: Task
    pseudo_episodes: tuple[PseudoEpisode, ...]


def write_episode(path: Path, episode: Episode) -> None:
    """Write `episode.json`, atomically."""
    task = episode.task
    tree = {
        "seed": episode.seed,
        "k_shot": episode.k_shot,
        **_task_tree(task),
        "pseudo_episodes": [
            {**_task_tree(pseudo.task), **_heldout_tree(pseudo.heldout)}
            for pseudo in episode.pseudo_episodes
        ],
        # The rows of pseudo-episodes are rows of `train`.
        "labels": _labels_tree(task.train, task.support),
    }
    _write(path, tree)


def write_heldout(path: Path, heldout: HeldOut) -> None:
    """Write `heldout.json`, atomically."""
    labels = _labels_tree(heldout.test_source, heldout.test_target)
    _write(path, {**_heldout_tree(heldout), "labels": labels})


def read_episode(path: Path) -> Episode:
    """Read `episode.json`.

    Raises:
        UserError: absent, damaged or of another schema.
    """
    with _tree(path) as tree:
        labels = tree["labels"]
        return Episode(
            seed=tree["seed"],
            k_shot=tree["k_shot"],
            task=_task(tree, labels),
            pseudo_episodes=tuple(
                PseudoEpisode(_task(pseudo, labels), _heldout(pseudo, labels))
                for pseudo in tree["pseudo_episodes"]
            ),
        )


def read_heldout(path: Path) -> HeldOut:
    """Read `heldout.json`.

    Raises:
        UserError: absent, damaged or of another schema.
    """
    with _tree(path) as tree:
        return _heldout(tree, tree["labels"])


def _task_tree(task: Task) -> dict[str, Any]:
    return {
        "classes": {"source": task.source, "target": task.target},
        "train": task.train.ids,
        "support": task.support.ids,
    }


def _heldout_tree(heldout: HeldOut) -> dict[str, Any]:
    return {"test_source": heldout.test_source.ids, "test_target": heldout.test_target.ids}


def _labels_tree(*parts: Rows) -> dict[str, tuple[str, ...]]:
    return {
        row: labels for rows in parts for row, labels in zip(rows.ids, rows.labels, strict=True)
    }


def _task(tree: dict[str, Any], labels: dict[str, list[str]]) -> Task:
    return Task(
        source=tuple(tree["classes"]["source"]),
        target=tuple(tree["classes"]["target"]),
        train=_rows(tree["train"], labels),
        support=_rows(tree["support"], labels),
    )


def _heldout(tree: dict[str, Any], labels: dict[str, list[str]]) -> HeldOut:
    return HeldOut(_rows(tree["test_source"], labels), _rows(tree["test_target"], labels))


def _rows(ids: Iterable[str], labels: dict[str, list[str]]) -> Rows:
    kept = tuple(ids)
    return Rows(kept, tuple(tuple(labels[row]) for row in kept))


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
