"""A gallery on disk, as search sees it: whatever holds the rows finds candidates and tells them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
Rows = NDArray[np.int64]
T = TypeVar("T")

_BLOCK_ROWS = 2**12


class Told(NamedTuple):
    """What is told of a row.

    Attributes:
        image: path relative to the gallery's root.
        text: caption; empty without.
        labels: its classes.
    """

    image: str
    text: str
    labels: tuple[str, ...]


class Table(Protocol):
    """N rows of images, by their places."""

    def __len__(self) -> int:
        """N."""
        ...

    @property
    def dimensions(self) -> int:
        """D of a CLIP feature."""
        ...

    def use(self, model: Path) -> None:
        """Find candidates by a model's embedding from here on.

        Raises:
            UserError: the table holds another model's.
        """
        ...

    def nearest(
        self,
        queries: Matrix,
        system: str,
        count: int,
        where: str | None = None,
        *,
        widely: bool = False,
    ) -> tuple[Rows, Matrix]:
        """Rows that may be among the nearest of a query, ascending, and about their best score.

        Args:
            queries: (Q, E) embeddings by the model that is used, or (Q, D) CLIP features, of any
                norm.
            system: `model` or `clip`.
            count: how many of each query; fewer where no more fulfil `where`.
            where: what they have to fulfil, in SQL.
            widely: look at more of the table than one answer is worth.

        Raises:
            UserError: `where` cannot be understood, or the table cannot be read.
        """
        ...

    def features(self, rows: Rows) -> Matrix:
        """(N, D) CLIP features."""
        ...

    def told(self, rows: Rows) -> list[Told]:
        """Path, text and labels of each row."""
        ...


class TableColumn(Sequence[T]):
    """What is told of a table's rows, read when asked for: one of the fields of `Told`."""

    def __init__(self, table: Table, field: str) -> None:
        self._table = table
        self._field = field

    def __len__(self) -> int:
        return len(self._table)

    def __getitem__(self, row: Any) -> Any:
        if isinstance(row, slice):
            return self._read(np.arange(*row.indices(len(self))))
        return self._read(np.array([range(len(self))[row]]))[0]

    def __iter__(self) -> Iterator[T]:
        for start in range(0, len(self), _BLOCK_ROWS):
            yield from self[start : start + _BLOCK_ROWS]

    def _read(self, rows: Rows) -> tuple[T, ...]:
        return tuple(getattr(told, self._field) for told in self._table.told(rows))


class TableFeatures:
    """CLIP features (N, D) of a table's rows; rows are read when asked for."""

    dtype = np.dtype(np.float32)

    def __init__(self, table: Table) -> None:
        self.shape = (len(table), table.dimensions)
        self._table = table

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> Matrix:
        if isinstance(rows, slice):
            rows = np.arange(*rows.indices(len(self)))
        return self._table.features(np.asarray(rows, np.int64))
