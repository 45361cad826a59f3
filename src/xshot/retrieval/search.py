"""Exact nearest neighbours by inner product."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from xshot.retrieval.keys import costs_of, sort_keys

if TYPE_CHECKING:
    from xshot.retrieval.compact import CompactRows

_BLOCK_SCORES = 2**20
_BLOCK_ITEMS = 2**14
_WORST = np.iinfo(np.int64).max


def top_k(
    queries: NDArray[np.float32],
    items: "NDArray[np.float32] | CompactRows",
    k: int,
    *,
    block_scores: int = _BLOCK_SCORES,
    block_items: int = _BLOCK_ITEMS,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The k best items of each query, best first, ties by place in the gallery.

    Memory beyond the arguments and the result does not grow with the gallery, which may be a
    memory map.

    Args:
        queries: (Q, D) finite.
        items: (G, D) finite; a matrix, or compact rows, which come in blocks of their own.
        k: how many; all G if there are fewer.
        block_scores: scores held at a time.
        block_items: items scored at a time.

    Returns:
        (Q, min(k, G)) places of the items, and their scores.
    """
    k = min(k, len(items))
    best = np.full((len(queries), k), _WORST, dtype=np.int64)
    if k == 0:
        return best, np.zeros(best.shape, dtype=np.float32)
    block = max(1, block_scores // min(block_items, len(items)))
    for start in range(0, len(queries), block):
        rows = slice(start, start + block)
        for place, scores in _scored(queries[rows], items, block_items):
            costs = -scores
            keys = sort_keys(costs, np.arange(place, place + costs.shape[1], dtype=np.int32))
            # What is behind the k-th best so far, sorted or not, stays behind.
            candidates = np.concatenate([best[rows], keys], axis=1) if place else keys
            if candidates.shape[1] > k:
                candidates = np.partition(candidates, k - 1, axis=1)[:, :k]
            best[rows, : candidates.shape[1]] = candidates
    best.sort(axis=1)
    return best & 0xFFFFFFFF, -costs_of(best)


def _scored(
    queries: NDArray[np.float32], items: "NDArray[np.float32] | CompactRows", block_items: int
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Scores of the queries block by block of the items, and where each block starts."""
    if not isinstance(items, np.ndarray):
        yield from items.scored(queries)
        return
    for place in range(0, len(items), block_items):
        yield place, queries @ items[place : place + block_items].T
