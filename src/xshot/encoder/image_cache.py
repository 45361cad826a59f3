"""Image files to the keys of their features, encoding what the cache lacks.

A key is the hash of the file's content.
"""

import logging
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import numpy as np

from xshot.encoder.cache import FeatureCache
from xshot.encoder.engine import Engine
from xshot.encoder.files import FileHashes
from xshot.encoder.images import BadImageError
from xshot.progress import progress

_LOG = logging.getLogger(__name__)

Outcome = tuple[Path, bytes | BadImageError]


def encode_files(
    files: Sequence[Path], engine: Engine, cache: FeatureCache, hashes: FileHashes
) -> Generator[Outcome]:
    """Each distinct file with the key of its feature, now in the cache, or why it has none.

    A file whose size, time and inode are known is not even opened.
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
        _encode(todo, engine, cache, hashes), total=len(todo), unit="img", label="images"
    )


def _encode(
    files: list[Path], engine: Engine, cache: FeatureCache, hashes: FileHashes
) -> Iterator[Outcome]:
    for group in engine.images(files, cache):
        new = {found.key: found.feature for found in group if found.feature is not None}
        if new:
            cache.add(list(new), np.stack(list(new.values())))
        for found in group:
            if found.seen is not None and found.problem is None:
                hashes.put(found.file, found.seen, found.key)
            yield found.file, found.problem or found.key


def _known(file: Path, hashes: FileHashes) -> bytes | None:
    try:
        return hashes.get(file)
    except OSError:  # absent: reading it will say so
        return None
