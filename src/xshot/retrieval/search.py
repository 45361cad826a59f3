"""Exact nearest neighbours by inner product."""

import numpy as np
from numpy.typing import NDArray

from xshot.retrieval.keys import sort_keys
from xshot.retrieval.ranking import BLOCK_SCORES


def top_k(
    queries: NDArray[np.float32],
    items: NDArray[np.float32],
    k: int,
    *,
    block_scores: int = BLOCK_SCORES,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The k best items of each query, best first, ties by place in the gallery.

    Args:
        queries: (Q, D) finite.
        items: (G, D) finite.
        k: how many; all G if there are fewer.
        block_scores: scores held at a time.

    Returns:
        (Q, min(k, G)) places of the items, and their scores.
    """
    n_items, k = len(items), min(k, len(items))
    places = np.zeros((len(queries), k), dtype=np.int64)
    scores = np.zeros((len(queries), k), dtype=np.float32)
    if k == 0:
        return places, scores
    payload = np.arange(n_items, dtype=np.int32)
    block = max(1, block_scores // n_items)
    for start in range(0, len(queries), block):
        rows = slice(start, start + block)
        block_of_scores = queries[rows] @ items.T
        keys = sort_keys(-block_of_scores, payload)
        best = np.partition(keys, k - 1, axis=1)[:, :k]
        best.sort(axis=1)
        places[rows] = best & 0xFFFFFFFF
        scores[rows] = np.take_along_axis(block_of_scores, places[rows], axis=1)
    return places, scores
