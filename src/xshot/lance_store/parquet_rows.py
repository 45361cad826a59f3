"""Rows of Parquet files: vectors in a column, and what other columns tell of their pictures."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pyarrow import compute, types

from xshot.errors import UserError
from xshot.search.space import BLOCK_ROWS
from xshot.search.table import Told

Block = tuple[NDArray[Any], list[Told]]
"""Features of some rows, and what is told of them."""

Found = tuple[int, int, list[str], Callable[[], Iterator[Block]]]
"""Dimensions, rows, columns and blocks."""

_VECTOR = "image_vector"


def of_parquet(file: Path) -> Found:
    """The vectors of a file that has them in a column, and what is told beside them.

    Raises:
        UserError: there is no such column; once its rows are read, one is no list of as many
            numbers as the first.
    """
    opened = pq.ParquetFile(file)
    schema = opened.schema_arrow
    if _VECTOR not in schema.names:
        raise UserError(f"{file}: no column {_VECTOR}; store lists of numbers in one")
    head = next(opened.iter_batches(1, columns=[_VECTOR]), None)
    size = int(_lengths(head[_VECTOR])[0]) if head else 0

    def blocks() -> Iterator[Block]:
        first = 0
        for batch in opened.iter_batches(BLOCK_ROWS):
            told, kept = _told(batch, first)
            vectors = batch[_VECTOR]
            other = np.flatnonzero(_lengths(vectors) != (size or -1))
            if other.size:
                row, numbers = first + other[0] + 1, f"{size} numbers" if size else "numbers"
                raise UserError(
                    f"{file}: row {row} of {_VECTOR} is no list of {numbers}; leave it out or "
                    "make it anew"
                )
            rows = vectors.flatten().to_numpy(zero_copy_only=False).reshape(-1, size)
            yield rows[kept], told
            first += len(batch)

    return size, opened.metadata.num_rows, columns_of(schema.names), blocks


def columns_of(names: Sequence[str]) -> list[str]:
    """Which of `text` and `labels` a file has under clip-retrieval's names."""
    return [ours for ours, theirs in (("text", "caption"), ("labels", "labels")) if theirs in names]


def told_in(file: Path, first: int) -> Iterator[tuple[list[Told], NDArray[np.bool_]]]:
    """What a file of metadata tells, in blocks: of the rows that count, and which these are.

    Args:
        file: it.
        first: number of its first row.
    """
    for batch in pq.ParquetFile(file).iter_batches(BLOCK_ROWS):
        yield _told(batch, first)
        first += len(batch)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _told(batch: pa.RecordBatch, first: int) -> tuple[list[Told], NDArray[np.bool_]]:
    """What is told of the rows that are each the first of a picture, and which these are."""
    count, names = len(batch), batch.schema.names
    rows = np.arange(first, first + count)
    kept = np.ones(count, bool)
    if "picture" in names and types.is_integer(batch["picture"].type):
        kept = batch["picture"].to_numpy(zero_copy_only=False) == rows
    path = batch["image_path"].to_pylist() if "image_path" in names else map(str, rows.tolist())
    text = batch["caption"].to_pylist() if "caption" in names else [""] * count
    labels = batch["labels"].to_pylist() if "labels" in names else [()] * count
    told = [
        Told(_text(name), _text(caption), (own,) if isinstance(own, str) else tuple(own or ()))
        for name, caption, own, is_kept in zip(path, text, labels, kept.tolist(), strict=True)
        if is_kept
    ]
    return told, kept


def _lengths(vectors: pa.Array) -> NDArray[Any]:
    """How many items each has; 0 where it is no list, or null."""
    are_lists = (types.is_list, types.is_large_list, types.is_fixed_size_list)
    if not any(are_some(vectors.type) for are_some in are_lists):
        return np.zeros(len(vectors), int)
    return np.array(compute.list_value_length(vectors).fill_null(0))
