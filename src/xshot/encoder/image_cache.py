"""Image files to the keys of their features, encoding what the cache lacks.

A key is the hash of the file's content.
"""

import logging
from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from xshot.encoder.cache import FeatureCache
from xshot.encoder.engine import Engine
from xshot.encoder.files import FileHashes
from xshot.pictures import BadImageError
from xshot.progress import progress

_LOG = logging.getLogger(__name__)

Outcome = tuple[int, bytes | BadImageError]


def encode_files(
    root: Path, images: Sequence[str], engine: Engine, cache: FeatureCache, hashes: FileHashes
) -> Generator[Outcome]:
    """Of each image its place and the key of its feature, now in the cache, or why it has none.

    A file whose size, time and inode are known is not even opened.

    Args:
        root: folder that the paths start from.
        images: distinct paths.
        engine: encodes what the cache lacks.
        cache: where the features are and will be.
        hashes: what is known about the files.
    """
    new = np.ones(len(images), bool)
    for place, image in enumerate(images):
        key = _known(root / image, hashes)
        if key is not None and key in cache:
            new[place] = False
            yield place, key
    total = int(new.sum())
    if not total:
        return
    _LOG.info("images: %d of %d are to be read", total, len(images))
    files = ((place, root / images[place]) for place in np.flatnonzero(new).tolist())
    yield from progress(
        _encode(files, engine, cache, hashes), total=total, unit="img", label="images"
    )


def _encode(
    files: Iterable[tuple[int, Path]], engine: Engine, cache: FeatureCache, hashes: FileHashes
) -> Iterator[Outcome]:
    for group in engine.images(files, cache):
        new = {found.key: found.feature for found in group if found.feature is not None}
        if new:
            cache.add(list(new), np.stack(list(new.values())))
        for found in group:
            if found.seen is not None and found.problem is None:
                hashes.put(found.file, found.seen, found.key)
            yield found.place, found.problem or found.key


def _known(file: Path, hashes: FileHashes) -> bytes | None:
    try:
        return hashes.get(file)
    except OSError:  # absent: reading it will say so
        return None
