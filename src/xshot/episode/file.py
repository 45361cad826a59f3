"""An episode's two files: what training may see, and what only evaluation may.

`episode.json` holds the classes, the training rows, the support and the pseudo-episodes;
`heldout.json` holds the test rows and the target classes' training rows, and is read by `evaluate`
alone: no more than their support is learned from. Rows are lists of manifest ids; `labels` gives
the class names of every row named in the file, `pictures` the picture of those rows that share one
with another.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from xshot.episode.episode import Episode, HeldOut, PseudoEpisode, Rows, Task
from xshot.errors import UserError
from xshot.store.atomic import write_text
from xshot.store.json_tree import json_tree

SCHEMA_VERSION = 1


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
    with json_tree(path, remedy=remedy) as tree:
        if tree["schema_version"] != SCHEMA_VERSION:
            raise UserError(f"{path}: schema version {tree['schema_version']}; {remedy}")
        yield tree
