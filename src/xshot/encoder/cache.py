"""Features by the content they were computed from, kept between runs.

A folder of append-only shards, one per run that had something to add. A shard is a row of blocks:

    b"XSF1" | rows uint32 | columns uint32 | CRC-32 of the rest | keys (rows, 32) | float32 features

A block counts once its checksum holds. What a killed run, a full disk or a power cut leaves
unfinished fails it and is computed anew, as is whatever follows it in that shard.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xshot.encoder.digests import DIGEST_SIZE, DigestTable
from xshot.errors import UserError

_MAGIC = b"XSF1"
_HEADER = struct.Struct("<4sIII")
_FLOAT = np.dtype("<f4")
_PLACE = struct.Struct("<q")
_SHARD = 1 << 40
"""Bytes that a shard may have: a place is its number times this, plus the row's first byte."""

Matrix = NDArray[np.float32]
Places = NDArray[np.int64]


class FeatureCache:
    """Rows of features found by a 32-byte key. One writer at a time; readers in any thread.

    Args:
        folder: where the shards lie; made when the first rows are added.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._columns = 0
        self._places = DigestTable(_PLACE.size)
        self._shards = sorted(folder.glob("*.shard"))
        self._shard: FileIO | None = None
        for number, path in enumerate(self._shards):
            for start, keys, columns in _whole_blocks(path):
                self._index(number, start, keys, columns)

    def __contains__(self, key: object) -> bool:
        return key in self._places

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

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
        self._index(len(self._shards) - 1, start, joined, features.shape[1])

    def place(self, key: bytes) -> int:
        """Where the key's row is.

        Raises:
            KeyError: the key is not known.
        """
        place: int = _PLACE.unpack(self._places[key])[0]
        return place

    def rows(self, keys: Iterable[bytes]) -> Matrix:
        """Features (N, D) in the order of `keys`, which must all be known."""
        return self.rows_at(np.array([self.place(key) for key in keys], np.int64))[:]

    def rows_at(self, places: Places) -> "CachedRows":
        """Features (N, D), read when a slice of them is asked for, also after closing."""
        return CachedRows(tuple(self._shards), places, self._columns)

    def close(self) -> None:
        """Close the shard that this run has written to, if any."""
        if self._shard is not None:
            self._shard.close()
            self._shard = None

    def _index(self, shard: int, start: int, keys: bytes, columns: int) -> None:
        self._columns = columns
        first = shard * _SHARD + start + len(keys)
        for row in range(len(keys) // DIGEST_SIZE):
            key = keys[row * DIGEST_SIZE : (row + 1) * DIGEST_SIZE]
            self._places[key] = _PLACE.pack(first + row * columns * _FLOAT.itemsize)

    def _open(self) -> FileIO:
        if self._shard is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            number = len(list(self._folder.glob("*.shard")))
            while self._shard is None:
                path = self._folder / f"{number:06d}.shard"
                try:
                    # Unbuffered: what is written no longer depends on this process.
                    self._shard = FileIO(path, "xb")
                    self._shards.append(path)
                except FileExistsError:  # another run's
                    number += 1
        return self._shard


class CachedRows:
    """Features (N, D) that lie in shards; slices of rows are arrays."""

    dtype = np.dtype(np.float32)

    def __init__(self, shards: tuple[Path, ...], places: Places, columns: int) -> None:
        self.shape = (len(places), columns)
        self._shards = shards
        self._places = places

    def part(self, rows: slice) -> "CachedRows":
        """Some of the rows, to be read when asked for; it can be pickled."""
        return CachedRows(self._shards, self._places[rows], self.shape[1])

    def __getitem__(self, rows: "slice | Places") -> Matrix:
        shards, starts = np.divmod(self._places[rows], _SHARD)
        matrix = np.empty((len(starts), self.shape[1]), _FLOAT)
        # Read and not mapped: what is mapped counts as memory of this process.
        for number in np.unique(shards).tolist():
            wanted = np.flatnonzero(shards == number)
            with _reading(self._shards[number]) as file:
                for row, start in zip(wanted, starts[wanted].tolist(), strict=True):
                    file.seek(start)
                    if file.readinto(matrix[row]) != matrix[row].nbytes:
                        raise UserError(f"{file.name}: has just been cut short; start again")
        return matrix


@contextmanager
def _reading(path: Path) -> Iterator[FileIO]:
    try:
        with FileIO(path) as file:
            yield file
    except OSError as error:
        raise UserError(
            f"{path}: cannot be read: {error.strerror}; mend access or delete it"
        ) from None


def _whole_blocks(path: Path) -> Iterator[tuple[int, bytes, int]]:
    """Start, keys and columns of each block, up to the first that is not whole."""
    with _reading(path) as file:
        size = path.stat().st_size
        while len(header := file.read(_HEADER.size)) == _HEADER.size:
            magic, rows, columns, checksum = _HEADER.unpack(header)
            start = file.tell()
            length = rows * (DIGEST_SIZE + columns * _FLOAT.itemsize)
            if magic != _MAGIC or start + length > size:
                return
            body = file.read(length)
            if zlib.crc32(body) != checksum:
                return
            yield start, body[: rows * DIGEST_SIZE], columns
