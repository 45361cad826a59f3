"""Labels in the forms that people keep them in, as names of classes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xshot.errors import UserError


def label_names(
    labels: NDArray[Any], class_names: tuple[str, ...] | None
) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    """Each row's class names, and all class names in the order of the classes' numbers.

    Args:
        labels: (N,) or (N, 1) strings, several separated by `|`, or whole numbers from 0 or from 1;
            or (N, C) zeros and ones. A row of all zeros has no class.
        class_names: of the classes 0 to C - 1; None = they are called by number.

    Raises:
        UserError: another form, or numbers that do not fit the names.
    """
    if labels.ndim == 2 and 1 in labels.shape:
        labels = labels.ravel()
    if labels.dtype.kind == "U":
        if labels.ndim != 1:
            raise UserError("labels: strings must be one a row, several joined by '|'")
        rows = [tuple(dict.fromkeys(name.strip() for name in row.split("|"))) for row in labels]
        return rows, class_names or tuple(sorted({name for row in rows for name in row}))
    if labels.ndim == 2:
        hot = _multi_hot(labels)
        names = _names(hot.shape[1], class_names)
        return [tuple(names[column] for column in np.flatnonzero(row)) for row in hot], names
    numbers = _numbers(labels)
    names = _names(int(numbers.max()) + 1, class_names)
    return [(names[number],) for number in numbers], names


def _multi_hot(labels: NDArray[Any]) -> NDArray[np.bool_]:
    if not np.isin(labels, (0, 1)).all():
        raise UserError("labels: a matrix of labels must hold zeros and ones, a column a class")
    return labels.astype(bool)


def _numbers(labels: NDArray[Any]) -> NDArray[np.int64]:
    """From 0, as the classes are."""
    if not len(labels) or not np.isfinite(labels).all() or (labels != np.rint(labels)).any():
        raise UserError("labels: expected whole numbers, strings, or a matrix of zeros and ones")
    lowest = int(labels.min())
    if lowest not in (0, 1) or labels.max() > 10**6:
        raise UserError(f"labels: numbers from {lowest}; classes are counted from 0 or from 1")
    numbers: NDArray[np.int64] = labels.astype(np.int64) - lowest
    return numbers


def _names(count: int, given: tuple[str, ...] | None) -> tuple[str, ...]:
    if given is None:
        return tuple(f"class {number}" for number in range(count))
    if len(given) < count or len(set(given)) < len(given):
        raise UserError(f"{len(given)} class names, some alike or too few, for {count} classes")
    return given
