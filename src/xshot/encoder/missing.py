"""Image files to the keys of their features, encoding what the cache lacks."""

import hashlib
import logging
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from xshot.encoder.cache import FeatureCache
from xshot.encoder.files import FileHashes
from xshot.encoder.images import BadImageError, decode_image
from xshot.encoder.workers import map_in_order
from xshot.progress import progress

if TYPE_CHECKING:
    from xshot.encoder.encode import Encoder

_LOG = logging.getLogger(__name__)

Matrix = NDArray[np.float32]
Outcome = tuple[Path, bytes | BadImageError]


class LazyEncoder:
    """An encoder that is loaded when a row needs it: with all rows cached, never.

    Args:
        load: loads it; called once, from whichever thread comes first.
        threads: passes side by side.
    """

    def __init__(self, load: Callable[[], "Encoder"], *, threads: int) -> None:
        self.threads = threads
        self._load = load
        self._lock = Lock()
        self._loaded: Encoder | None = None

    def get(self) -> "Encoder":
        """The encoder, loaded now if it was not."""
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded


def encode_files(
    files: Sequence[Path], encoder: LazyEncoder, cache: FeatureCache, hashes: FileHashes
) -> Generator[Outcome]:
    """Each distinct file with the key of its feature, now in the cache, or why it has none.

    A file whose size, time and inode are known is not even opened. Files are read and decoded
    while others are encoded.
    """
    distinct = list(dict.fromkeys(files))
    todo = []
    for file in distinct:
        key = _known(file, hashes)
        if key is not None and key in cache:
            yield file, key
        else:
            todo.append(file)
    if not todo:
        return
    _LOG.info("images: %d of %d are to be read", len(todo), len(distinct))
    yield from progress(
        _read_and_encode(todo, encoder, cache, hashes),
        total=len(todo),
        unit="img",
        label="images",
    )


@dataclass(frozen=True)
class _Read:
    """What came of reading a file: a bad image, or its hash, and the pixels if they are needed."""

    file: Path
    seen: os.stat_result | None = None
    key: bytes = b""
    pixels: Tensor | None = None
    problem: BadImageError | None = None


def _read_and_encode(
    files: list[Path], encoder: LazyEncoder, cache: FeatureCache, hashes: FileHashes
) -> Iterator[Outcome]:
    def read(file: Path) -> _Read:
        return _read(file, encoder, cache)

    def encode(group: list[_Read]) -> tuple[list[_Read], Matrix | None]:
        pixels = [read.pixels for read in group if read.pixels is not None]
        return group, encoder.get().encode_pixels(pixels) if pixels else None

    groups = _full_passes(map_in_order(read, files, threads=encoder.threads), encoder)
    for group, features in map_in_order(encode, groups, threads=encoder.threads):
        if features is not None:
            cache.add([read.key for read in group], features)
        for done in group:
            if done.seen is not None and done.problem is None:
                hashes.put(done.file, done.seen, done.key)
            yield done.file, done.problem or done.key


def _full_passes(reads: Iterator[_Read], encoder: LazyEncoder) -> Iterator[list[_Read]]:
    """What is to be encoded in groups that fill a pass, anything else by itself."""
    waiting = []
    for read in reads:
        if read.pixels is None:
            yield [read]
            continue
        waiting.append(read)
        if len(waiting) == encoder.get().pass_rows:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _read(file: Path, encoder: LazyEncoder, cache: FeatureCache) -> _Read:
    try:
        # The state before the content: a file changed in between is read again next time.
        seen, data = file.stat(), file.read_bytes()
    except OSError as error:
        return _Read(file, problem=BadImageError(error.strerror or str(error)))
    key = hashlib.sha256(data).digest()
    if key in cache:
        return _Read(file, seen, key)
    try:
        picture = decode_image(data)
    except BadImageError as problem:
        return _Read(file, seen, key, problem=problem)
    return _Read(file, seen, key, encoder.get().preprocess(picture))


def _known(file: Path, hashes: FileHashes) -> bytes | None:
    try:
        return hashes.get(file)
    except OSError:  # absent: reading it will say so
        return None
