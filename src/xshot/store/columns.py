"""Columns of a table that stay in Arrow's memory, where a row takes little more than its text."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar, overload

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

T = TypeVar("T")

_BLOCK_ROWS = 4096


class Column(Sequence[T]):
    """Strings, or tuples of strings, that become Python objects one by one as they are asked for.

    Args:
        values: of type string, or list of strings.
    """

    def __init__(self, values: pa.Array | pa.ChunkedArray) -> None:
        self._values = values

    @staticmethod
    def of(strings: Sequence[str]) -> "Column[str]":
        """The same strings as a column; a column is taken as it is."""
        return strings if isinstance(strings, Column) else Column(pa.array(strings, pa.string()))

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[T]:
        for start in range(0, len(self), _BLOCK_ROWS):
            yield from map(_hashable, self._values.slice(start, _BLOCK_ROWS).to_pylist())

    @overload
    def __getitem__(self, rows: int) -> T: ...
    @overload
    def __getitem__(self, rows: slice) -> "Column[T]": ...
    def __getitem__(self, rows: int | slice) -> "T | Column[T]":
        if isinstance(rows, slice):
            return Column(self._values[rows])
        value: T = _hashable(self._values[rows].as_py())
        return value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def take(self, rows: NDArray[np.int64]) -> "Column[T]":
        """Some of the rows, in the order given."""
        return Column(self._values.take(pa.array(rows)))

    def followed_by(self, strings: Sequence[T]) -> "Column[T]":
        """These rows and then those."""
        more = pa.array(strings, self._values.type)
        chunks = getattr(self._values, "chunks", [self._values])
        return Column(pa.chunked_array([*chunks, more]))

    def distinct(self) -> tuple["Column[T]", NDArray[np.int32]]:
        """Each string once, in order of first appearance, and (N,) each row's place in these."""
        values = self._values
        if values.nbytes >= 1 << 31:  # more than an array of plain strings holds
            values = values.cast(pa.large_string())
        if isinstance(values, pa.ChunkedArray):
            values = values.combine_chunks()
        encoded = values.dictionary_encode()
        distinct, places = Column[T](encoded.dictionary), encoded.indices.to_numpy()
        # Arrow keeps what the search took, some 150 bytes a row, for its own later use.
        pa.default_memory_pool().release_unused()
        return distinct, places


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
