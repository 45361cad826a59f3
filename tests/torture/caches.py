"""The cache of features as files, and what reads it."""

import os
import tempfile
from pathlib import Path

import numpy as np

from xshot.encoder.cache import FeatureCache
from xshot.encoder.files import FileHashes


def read_cache(folder: Path) -> None:
    """Damage costs rows, never an error; what is kept is what was stored."""
    cache = FeatureCache(folder / "image")
    keys = [bytes([number]) * 32 for number in range(40)]
    kept = [key for key in keys if key in cache]
    expected = np.array([[key[0]] * 3 for key in kept], np.float32).reshape(-1, 3)
    np.testing.assert_array_equal(cache.rows(kept).reshape(-1, 3), expected)
    FileHashes(folder / "files.hashes").get(folder / "image")


def cache_files(_: Path) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as name:
        for start in (0, 20):
            cache = FeatureCache(Path(name))
            for first in range(start, start + 20, 4):
                keys = [bytes([number]) * 32 for number in range(first, first + 4)]
                cache.add(keys, np.array([[key[0]] * 3 for key in keys], np.float32))
            cache.close()
        files = {f"image/{path.name}": path.read_bytes() for path in Path(name).iterdir()}
        hashes = FileHashes(Path(name, "files.hashes"))
        for shard in Path(name).glob("*.shard"):
            os.utime(shard, (0, 0))
            hashes.hash_file(shard)
        hashes.save()
        return files | {"files.hashes": Path(name, "files.hashes").read_bytes()}
