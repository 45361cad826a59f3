"""Rows or pictures as a mapping to class names: counting, cutting and shuffling them."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from xshot.episode.episode import Rows

Labels = Mapping[str, tuple[str, ...]]
"""Row id, or picture, -> names of its classes, one or more."""


def by_picture(rows: Labels, picture_of: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Picture -> the labels of all its rows, in order of first appearance."""
    found: dict[str, dict[str, None]] = {}
    for row, labels in rows.items():
        found.setdefault(picture_of[row], {}).update(dict.fromkeys(labels))
    return {picture: tuple(labels) for picture, labels in found.items()}


def count_per_class(rows: Labels) -> Counter[str]:
    """How many rows each class has; a row with several classes counts for each."""
    return Counter(name for labels in rows.values() for name in labels)


def only_classes(rows: Labels, classes: Collection[str]) -> Labels:
    """Labels cut to `classes`; rows that lose all of theirs are left out."""
    cut = {row: tuple(name for name in labels if name in classes) for row, labels in rows.items()}
    return {row: labels for row, labels in cut.items() if labels}


def with_classes(rows: Labels, classes: Collection[str]) -> Labels:
    """The rows that have any of `classes`."""
    wanted = set(classes)
    return {row: labels for row, labels in rows.items() if not wanted.isdisjoint(labels)}


def without_classes(rows: Labels, classes: Collection[str]) -> Labels:
    """The rows that have none of `classes`."""
    unwanted = set(classes)
    return {row: labels for row, labels in rows.items() if unwanted.isdisjoint(labels)}


def rows_per_class(
    rows: Iterable[str], labels: Labels, classes: Collection[str]
) -> dict[str, list[str]]:
    """The rows of each of `classes`, in the order given."""
    pools: dict[str, list[str]] = {name: [] for name in sorted(classes)}
    for row in rows:
        for name in labels[row]:
            if name in pools:
                pools[name].append(row)
    return pools


def named(ids: Iterable[str], labels: Labels, picture_of: Mapping[str, str]) -> Rows:
    """The rows of `ids` with their labels and pictures."""
    kept = tuple(ids)
    return Rows(kept, tuple(labels[row] for row in kept), tuple(picture_of[row] for row in kept))


def shuffled(items: Sequence[str], rng: np.random.Generator) -> list[str]:
    """`items` in random order."""
    return [items[place] for place in rng.permutation(len(items))]


def draw_target(
    classes: Collection[str], fraction: float, *, leave: int, rng: np.random.Generator
) -> set[str]:
    """Draw the share `fraction` of `classes`: at least 2, but `leave` stay out in any case."""
    size = target_count(len(classes), fraction, leave=leave)
    return set(shuffled(sorted(classes), rng)[:size])


def target_count(n_classes: int, fraction: float, *, leave: int) -> int:
    """How many of `n_classes` the share `fraction` is: at least 2, but `leave` stay out."""
    return min(max(2, round(fraction * n_classes)), n_classes - leave)
