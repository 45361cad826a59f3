"""Labels as people keep them in memory, as names of classes."""

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xshot.errors import UserError
from xshot.imports.labels import Names, label_names
from xshot.model.arrays import ArrayLike, as_array, is_gap


def class_names_of(names: ArrayLike | None, labels: ArrayLike, n_classes: int) -> Names:
    """The classes' names in the order of their features: those given, or their numbers.

    Raises:
        UserError: they are not as many as the features, one is there twice, is empty or holds a
            `|`, or there are none for labels that are names.
    """
    if names is None:
        if as_array(labels, "labels").dtype.kind in "UO":
            raise UserError("class_names: whose rows are class_features? name them in their order")
        return tuple(f"class {number}" for number in range(n_classes))
    given = tuple(
        "" if is_gap(name) else str(name).strip() for name in as_array(names, "class_names").ravel()
    )
    if len(given) != n_classes:
        raise UserError(f"class_names: {len(given)} for {n_classes} class_features; give one each")
    if "" in given:
        raise UserError(f"class_names: row {given.index('') + 1} is empty; name the class")
    twice = [name for name, count in Counter(given).items() if count > 1]
    if twice:
        raise UserError(f"class_names: {twice[0]!r} is there twice; each class needs its own name")
    joined = [name for name in given if "|" in name]
    if joined:
        raise UserError(
            f"class_names: {joined[0]!r} holds '|', which separates labels; rename the class"
        )
    return given


def rows_of_names(labels: ArrayLike, class_names: Names, n_rows: int) -> list[Names]:
    """Each row's class names; none for an empty string or list, a gap, or a row of zeros.

    Args:
        labels: (N,) names, several separated by `|`; N lists of names; (N,) places in
            `class_names`, from 0; or (N, C) zeros and ones.
        class_names: of all C classes.
        n_rows: N.

    Raises:
        UserError: another form, other rows, or a class that `class_names` lacks.
    """
    dtype = getattr(labels, "dtype", None)
    if isinstance(labels, list | tuple) or getattr(dtype, "kind", "") == "O":
        labels = ["|".join(own) if _are_names(own) else own for own in labels]
        named = any(isinstance(own, str) for own in labels)
        labels = [("" if named else np.nan) if is_gap(own) else own for own in labels]
        labels = np.array(labels, object) if named else labels
    array = as_array(labels, "labels")
    if array.ndim == 2 and 1 in array.shape and len(class_names) > 1:
        array = array.ravel()
    if len(array) != n_rows:
        raise UserError(f"labels: {len(array)} for {n_rows} rows; give one for each")
    if array.dtype.kind == "O":
        array = _strings(array)
    if array.ndim == 1 and array.dtype.kind != "U":
        array = np.array([*class_names, ""])[_places(array, len(class_names))]
    return label_names(array, class_names)[0]


def _are_names(own: Any) -> bool:
    return isinstance(own, list | tuple | set | frozenset) and all(
        isinstance(name, str) for name in own
    )


def _strings(array: NDArray[Any]) -> NDArray[Any]:
    strange = [row for row, one in enumerate(array.ravel()) if not isinstance(one, str)]
    if strange:
        raise UserError(
            f"labels: row {strange[0] + 1} is {array.ravel()[strange[0]]!r}; give a name, or '' "
            "for a row without a class"
        )
    return array.astype(str)


def _places(array: NDArray[Any], n_classes: int) -> NDArray[np.int64]:
    """Whole numbers from 0 to `n_classes` - 1; NaN is `n_classes`."""
    outside, gaps = np.ones(len(array), bool), np.zeros(len(array), bool)
    if array.dtype.kind in "iuf":
        gaps = np.isnan(array)
        outside = ~(gaps | ((array == np.rint(array)) & (array >= 0) & (array < n_classes)))
    if outside.any():
        row = int(outside.argmax())
        raise UserError(
            f"labels: row {row + 1} is {array[row]}, which is no place among {n_classes} classes; "
            f"give names, numbers from 0 to {n_classes - 1}, or zeros and ones, a column a class"
        )
    return np.where(gaps, n_classes, array).astype(np.int64)
