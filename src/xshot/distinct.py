"""Rows that are the same, found once: a matrix product may round equal rows unlike.

Which kernel of BLAS a row or column falls to depends on its place in the matrix. So what must come
out equal for equal rows is worked out once for them all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", np.float32, np.float64)


@dataclass(frozen=True)
class Distinct:
    """Which of N rows are the same.

    Attributes:
        places: (U,) where each distinct row first stands, ascending.
        index: (N,) which of the U each row is; None where all N differ.
    """

    places: NDArray[np.int64]
    index: NDArray[np.int64] | None


def find_distinct(rows: NDArray[np.float32]) -> Distinct:
    """Tell the distinct rows of an (N, D) matrix; 0.0 and -0.0 are the same."""
    alike = _alike_at_first_sight(rows)
    if not alike.any():
        return Distinct(np.arange(len(rows)), None)
    seen: dict[bytes, int] = {}
    first = np.arange(len(rows))
    for place in np.flatnonzero(alike).tolist():
        first[place] = seen.setdefault((rows[place] + 0.0).tobytes(), place)
    places = np.flatnonzero(first == np.arange(len(rows)))
    return Distinct(places, np.searchsorted(places, first) if len(places) < len(rows) else None)


def map_distinct(
    function: Callable[[NDArray[np.float32]], NDArray[T]], rows: NDArray[np.float32]
) -> NDArray[T]:
    """`function(rows)` for a function that treats each row by itself; equal rows, equal bits."""
    distinct = find_distinct(rows)
    if distinct.index is None:
        return function(rows)
    mapped: NDArray[T] = function(rows[distinct.places])[distinct.index]
    return mapped


def _alike_at_first_sight(rows: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(N,) whether a row's first two values are another's too: next to never by chance."""
    start = np.zeros((len(rows), 2), dtype=np.float32)
    start[:, : rows.shape[1]] = rows[:, :2]
    start += 0.0  # of the two zeros one
    _, index, count = np.unique(start.view(np.uint64), return_inverse=True, return_counts=True)
    alike: NDArray[np.bool_] = count[index.ravel()] > 1
    return alike
