"""Labels in the forms that people keep them in, as names of classes."""

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xshot.errors import UserError

Names = tuple[str, ...]


def label_names(
    labels: NDArray[Any], class_names: Names | None, n_classes: int | None = None
) -> tuple[list[Names], Names]:
    """Each row's class names, and all class names in the order of the classes' numbers.

    Args:
        labels: (N,) or (N, 1) strings, several separated by `|`, or whole numbers from 0 or from 1;
            or (N, C) zeros and ones. An empty string or a row of all zeros has no class.
        class_names: of all classes in their order; None = they are called by number: their own, or
            their column's from 0.
        n_classes: how many there are, if that is known without names.

    Raises:
        UserError: another form, numbers or columns that do not fit the names, or no label at all.
    """
    twice = [name for name, count in Counter(class_names or ()).items() if count > 1]
    if twice:
        raise UserError(f"class_names: {twice[0]!r} is there twice; each class needs its own name")
    if labels.ndim == 2 and 1 in labels.shape:
        labels = labels.ravel()
    if labels.dtype.kind == "U":
        rows, names = _from_strings(labels, class_names)
    elif labels.ndim == 2:
        rows, names = _from_matrix(labels, class_names)
    else:
        rows, names = _from_numbers(labels, class_names, n_classes)
    if not any(rows):
        raise UserError("labels: no row has one; rows without a class are of no use")
    if any("" in row for row in rows):
        raise UserError(f"class_names: row {names.index('') + 1} is empty; name the class")
    return rows, names


def _from_strings(labels: NDArray[Any], given: Names | None) -> tuple[list[Names], Names]:
    if labels.ndim != 1:
        raise UserError("labels: strings must be one a row, several joined by '|'")
    split = [[name.strip() for name in row.split("|")] for row in labels]
    rows = [tuple(dict.fromkeys(filter(None, row))) for row in split]
    carried = {name for row in rows for name in row}
    strange = sorted(carried.difference(carried if given is None else given))
    if strange:
        raise UserError(
            f"labels: label {strange[0]!r} is not among class_names; add it to them, or leave its "
            "rows out"
        )
    return rows, tuple(sorted(carried)) if given is None else given


def _from_matrix(labels: NDArray[Any], given: Names | None) -> tuple[list[Names], Names]:
    if not np.isin(labels, (0, 1)).all():
        raise UserError("labels: a matrix of labels must hold zeros and ones, a column a class")
    columns = labels.shape[1]
    names = tuple(f"class {column}" for column in range(columns)) if given is None else given
    if len(names) != columns:
        raise UserError(f"{len(names)} class names for labels of {columns} columns; name each")
    return [tuple(names[column] for column in np.flatnonzero(row)) for row in labels], names


def _from_numbers(
    labels: NDArray[Any], given: Names | None, n_classes: int | None
) -> tuple[list[Names], Names]:
    if not len(labels) or not np.isfinite(labels).all() or (labels != np.rint(labels)).any():
        raise UserError("labels: expected whole numbers, strings, or a matrix of zeros and ones")
    count = n_classes if given is None else len(given)
    first = _first(int(labels.min()), int(labels.max()), count)
    if given is None:
        after = int(labels.max()) + 1 if count is None else first + count
        given = tuple(f"class {number}" for number in range(first, after))
    return [(given[number - first],) for number in labels.astype(np.int64)], given


def _first(lowest: int, highest: int, count: int | None) -> int:
    """What the first class is numbered, where `count` classes are numbered up to `highest`."""
    if lowest not in (0, 1) or highest > 10**6:
        raise UserError(
            f"labels: numbers from {lowest}; classes are counted from 0 or from 1; give the labels "
            "as names, an empty one for a row without a class"
        )
    if count is None or highest - lowest + 1 == count:
        return lowest
    told = f"labels: numbers from {lowest} to {highest} of {count} classes"
    if highest - lowest >= count:
        raise UserError(f"{told}; name all classes, or give features of all")
    if lowest == 1:
        # Either the class 0 has no rows or the last one has none.
        raise UserError(
            f"{told} may be counted from 0 or from 1; give the labels as names, or as a matrix of "
            "zeros and ones, a column a class"
        )
    return lowest
