"""Hashes of the rows that an artefact was made from."""

import hashlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


def rows_hash(ids: Iterable[str], *arrays: NDArray[np.generic]) -> str:
    """SHA-256 over ids and row arrays, in order: equal iff the same rows hold the same bytes."""
    digest = hashlib.sha256()
    for row_id in ids:
        digest.update(row_id.encode())
        digest.update(b"\0")
    for array in arrays:
        digest.update(str((array.shape, array.dtype.str)).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
