"""Features by the content they were computed from, kept between runs.

A folder of append-only shards, one per run that had something to add. A shard is a row of blocks:

    b"XSF1" | rows uint32 | columns uint32 | CRC-32 of the rest | keys (rows, 32) | float32 features

A block counts once its checksum holds. What a killed run, a full disk or a power cut leaves
unfinished fails it and is computed anew, as is whatever follows it in that shard.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import FileIO
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from xshot.errors import UserError

KEY_SIZE = 32

_MAGIC = b"XSF1"
_HEADER = struct.Struct("<4sIII")
_FLOAT = np.dtype("<f4")

Matrix = NDArray[np.float32]


class FeatureCache:
    """Rows of features found by a 32-byte key. One writer at a time; readers in any thread.

    Args:
        folder: where the shards lie; made when the first rows are added.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._columns = 0
        self._place: dict[bytes, tuple[Path, int]] = {}
        self._shard: FileIO | None = None
        self._path = folder
        for path in sorted(folder.glob("*.shard")):
            for start, keys, columns in _whole_blocks(path):
                self._index(path, start, keys, columns)

    def __contains__(self, key: object) -> bool:
        return key in self._place

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._place)

    def __len__(self) -> int:
        return len(self._place)

    def add(self, keys: Sequence[bytes], features: Matrix) -> None:
        """Append rows; they survive whatever happens to this process from here on.

        Raises:
            UserError: the disk is full or the folder cannot be written.
        """
        joined = b"".join(keys)
        body = joined + np.ascontiguousarray(features, _FLOAT).tobytes()
        header = _HEADER.pack(_MAGIC, len(keys), features.shape[1], zlib.crc32(body))
        try:
            shard = self._open()
            start = shard.seek(0, 2) + _HEADER.size
            left = memoryview(header + body)
            while left:
                left = left[shard.write(left) :]
        except OSError as error:
            raise UserError(
                f"{self._folder}: cannot be written: {error.strerror}; free space or mend access"
            ) from None
        self._index(self._path, start, joined, features.shape[1])

    def rows(self, keys: Sequence[bytes]) -> Matrix:
        """Features (len(keys), D) in the order of `keys`, which must all be known."""
        matrix = np.empty((len(keys), self._columns), np.float32)
        shards: dict[Path, memoryview] = {}
        for row, key in enumerate(keys):
            path, start = self._place[key]
            if path not in shards:
                shards[path] = _mapped(path)
            matrix[row] = np.frombuffer(shards[path], _FLOAT, self._columns, start)
        return matrix

    def lazy_rows(self, keys: Sequence[bytes]) -> "CachedRows":
        """Like `rows`, but read when a slice of them is asked for."""
        return CachedRows(self, keys, self._columns)

    def close(self) -> None:
        """Close the shard that this run has written to, if any."""
        if self._shard is not None:
            self._shard.close()
            self._shard = None

    def _index(self, path: Path, start: int, keys: bytes, columns: int) -> None:
        self._columns = columns
        first = start + len(keys)
        for row in range(len(keys) // KEY_SIZE):
            key = keys[row * KEY_SIZE : (row + 1) * KEY_SIZE]
            self._place[key] = path, first + row * columns * 4

    def _open(self) -> FileIO:
        if self._shard is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            number = len(list(self._folder.glob("*.shard")))
            while self._shard is None:
                self._path = self._folder / f"{number:06d}.shard"
                try:
                    # Unbuffered: what is written no longer depends on this process.
                    self._shard = FileIO(self._path, "xb")
                except FileExistsError:  # another run's
                    number += 1
        return self._shard


class CachedRows:
    """Features (N, D) that lie in a cache; slices of rows are arrays."""

    dtype = np.dtype(np.float32)

    def __init__(self, cache: FeatureCache, keys: Sequence[bytes], columns: int) -> None:
        self.shape = (len(keys), columns)
        self._cache = cache
        self._keys = keys

    def __getitem__(self, rows: slice) -> Matrix:
        return self._cache.rows(self._keys[rows])


@contextmanager
def _reading(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise UserError(
            f"{path}: cannot be read: {error.strerror}; mend access or delete it"
        ) from None


def _mapped(path: Path) -> memoryview:
    with _reading(path) as file:
        return memoryview(mmap(file.fileno(), 0, access=ACCESS_READ))


def _whole_blocks(path: Path) -> Iterator[tuple[int, bytes, int]]:
    """Start, keys and columns of each block, up to the first that is not whole."""
    with _reading(path) as file:
        size = path.stat().st_size
        # Read and not mapped: a shard that is mapped comes to be in memory as a whole.
        while len(header := file.read(_HEADER.size)) == _HEADER.size:
            magic, rows, columns, checksum = _HEADER.unpack(header)
            start = file.tell()
            length = rows * (KEY_SIZE + columns * _FLOAT.itemsize)
            if magic != _MAGIC or start + length > size:
                return
            body = file.read(length)
            if zlib.crc32(body) != checksum:
                return
            yield start, body[: rows * KEY_SIZE], columns
