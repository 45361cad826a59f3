"""Pictures that are the same byte for byte under several names."""

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

from xshot.progress import progress

_SAMPLE = 64
"""Bytes from the middle, which tell apart nearly all files that are equal in size only."""

_BATCH = 1000
_THREADS = 8  # hides the latency of network disks


def same_bytes(root: Path, images: Iterable[str]) -> list[list[str]]:
    """Groups of two or more pictures of equal bytes, in the order of `images`.

    Only files of equal size are opened, and of these only those that agree in their middle are
    read as a whole.

    Args:
        root: `data.root`.
        images: paths relative to `root`, each once; one that cannot be read is like no other.
    """
    groups = [list(images)]
    with ThreadPoolExecutor(_THREADS) as pool:
        for trait, label in ((_size, "sizes"), (_sample, "equal sizes"), (_digest, "equal bytes")):
            groups = list(_divided(root, groups, trait, pool, label))
    return groups


def _divided(
    root: Path,
    groups: Sequence[list[str]],
    trait: Callable[[str], Hashable],
    pool: ThreadPoolExecutor,
    label: str,
) -> Iterator[list[str]]:
    """Each group's pictures that agree in a trait with others of it."""
    paths = [f"{root}{os.sep}{image}" for group in groups for image in group]
    batches = [paths[start : start + _BATCH] for start in range(0, len(paths), _BATCH)]
    found = pool.map(lambda batch: [_or_none(trait, path) for path in batch], batches)
    traits = progress(chain.from_iterable(found), total=len(paths), unit="img", label=label)
    alike: dict[tuple[int, Hashable], list[str]] = defaultdict(list)
    for number, group in enumerate(groups):
        for image in group:
            if (value := next(traits)) is not None:
                alike[number, value].append(image)
    for images in alike.values():
        if len(images) > 1:
            yield images


def _or_none(trait: Callable[[str], Hashable], path: str) -> Hashable:
    try:
        return trait(path)
    except OSError:
        return None


def _size(path: str) -> int | None:
    # An empty file is no picture, and two of them not the same one.
    return os.stat(path).st_size or None  # noqa: PTH116 - a tenth of Path's cost


def _sample(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        file.seek(os.fstat(file.fileno()).st_size // 2)
        return file.read(_SAMPLE)


def _digest(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123
        return hashlib.file_digest(file, "sha256").digest()
