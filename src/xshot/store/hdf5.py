"""The few HDF5 habits that every table shares."""

import errno
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Any, Protocol

import h5py
import numpy as np
from numpy.typing import NDArray

from xshot.errors import UserError
from xshot.namesakes import hint
from xshot.reading import check_file, explain, is_passing, unfinished
from xshot.store.atomic import atomic_path

_CHUNK_ROWS = 256
BLOCK_ROWS = 16 * _CHUNK_ROWS
"""Rows that are read or written at once, where not all need be in memory."""


class Rows(Protocol):
    """A matrix of which no more than some rows need be in memory; an array is one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, ...)."""
        ...

    @property
    def dtype(self) -> Any:
        """Of the numbers."""
        ...

    def __getitem__(self, rows: slice, /) -> NDArray[Any]:
        """Some of the rows."""
        ...


class _Patient(FileIO):
    """A file that never fails, but keeps its first error for later.

    HDF5 that runs into a full disk takes the process down with it.
    """

    error: OSError | None = None

    def write(self, data: Any, /) -> int:
        left = memoryview(data)
        while left and not self.error:
            try:
                left = left[super().write(left) :]
            except OSError as error:
                self.error = error
        return memoryview(data).nbytes

    def truncate(self, size: int | None = None, /) -> int:
        try:
            return super().truncate(size)
        except OSError as error:
            self.error = self.error or error
            return size or 0


@contextmanager
def create_table(path: Path, schema_version: int) -> Iterator[h5py.File]:
    """Yield an empty table that is written to `path`, atomically, when the block succeeds.

    Raises:
        UserError: the disk is full or the folder cannot be written.
    """
    with atomic_path(path) as temporary, _Patient(temporary, "w+") as out:
        try:
            with h5py.File(out, "w") as file:
                file.attrs["schema_version"] = schema_version
                yield file
        finally:
            if out.error:
                raise out.error


@contextmanager
def open_table(path: Path, schema_version: int, *, remedy: str) -> Iterator[h5py.File]:
    """Open a table for reading, checking that it is whole and of the schema expected.

    Raises:
        UserError: absent, not HDF5 (as after truncation), another schema, or a part is missing.
    """
    try:
        check_file(path)
        file = h5py.File(path, "r")
    except FileNotFoundError:
        raise UserError(f"{path}: not found{hint(path)}; {remedy}") from None
    except (OSError, RuntimeError) as error:
        raise UserError(f"{path}: {explain_hdf5(error, remedy)}") from None
    try:
        with file:
            found = file.attrs.get("schema_version")
            if found != schema_version:
                raise UserError(f"{path}: schema version {found}, not {schema_version}; {remedy}")
            yield file
    except KeyError as error:
        raise UserError(f"{path}: {str(error.args[0])[:120]}; {remedy}") from None
    # What h5py makes of damage depends on where it is.
    except (OSError, RuntimeError, ValueError, TypeError, AttributeError) as error:
        if is_passing(error):
            raise UserError(f"{path}: {explain(error, remedy)}") from None
        raise UserError(f"{path}: damaged, a part cannot be read; {remedy}") from None


def explain_hdf5(error: Exception, remedy: str) -> str:
    """Why HDF5 does not open a file and what to do: `remedy`, unless the reason brings its own."""
    text = str(error)
    if number := re.search(r"unable to lock file, errno = (\d+)", text):
        # Whoever may not lock it is told apart by HDF5's words, not by the number: 11, 13, 35 ...
        cannot = int(number[1]) in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
        return explain(OSError(errno.ENOLCK if cannot else errno.EAGAIN, ""), remedy)
    if is_passing(error):
        return explain(error, remedy)
    if "already open for" in text:
        return (
            "marked as open for writing; close it where it is open, or, if the program that wrote "
            f"it was killed, {remedy}"
        )
    if "truncated file" in text:
        return unfinished(remedy)
    return f"truncated or not an HDF5 file; {remedy}"


def write_matrix(file: h5py.File, name: str, matrix: Rows) -> None:
    """Write rows in chunks of whole rows, uncompressed (features do not compress)."""
    rows = min(_CHUNK_ROWS, matrix.shape[0])
    chunks = (rows, *matrix.shape[1:]) if rows else None
    dataset = file.create_dataset(name, matrix.shape, matrix.dtype, chunks=chunks)
    for block in blocks(matrix):
        dataset[block] = matrix[block]


def blocks(matrix: Rows) -> Iterator[slice]:
    """Slices that cover the rows, `BLOCK_ROWS` at a time."""
    for start in range(0, matrix.shape[0], BLOCK_ROWS):
        yield slice(start, start + BLOCK_ROWS)


def read_rows(file: h5py.File, name: str, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Read `rows` in the order given, touching only the chunks that hold them."""
    dataset = file[name]
    matrix = np.empty((len(rows), *dataset.shape[1:]), np.float32)
    # Block by block: h5py's own fancy indexing is slow and wants sorted, distinct rows.
    block = dataset.chunks[0] * 16 if dataset.chunks else max(1, dataset.shape[0])
    order = np.argsort(rows, kind="stable")
    ordered = rows[order]
    for start in range(0, dataset.shape[0], block):
        low, high = np.searchsorted(ordered, [start, start + block])
        if low == high:
            continue
        first, last = ordered[low], ordered[high - 1] + 1
        matrix[order[low:high]] = dataset[first:last][ordered[low:high] - first]
    return matrix


def write_strings(file: h5py.File, name: str, strings: Sequence[str]) -> None:
    """Write UTF-8 strings, each in as many bytes as the longest takes.

    Strings of variable length lie in heaps, and HDF5 can hang on one that is damaged.
    """
    length = max((len(string.encode()) for string in strings), default=0)
    dtype = h5py.string_dtype("utf-8", max(1, length))
    dataset = file.create_dataset(name, len(strings), dtype)
    for start in range(0, len(strings), BLOCK_ROWS):
        block = strings[start : start + BLOCK_ROWS]
        dataset[start : start + len(block)] = [string.encode() for string in block]


def read_strings(file: h5py.File, name: str) -> tuple[str, ...]:
    """Read UTF-8 strings as `str`."""
    return tuple(file[name].asstr()[:])
