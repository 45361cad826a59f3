"""Where the relevant items of every query stand in its ranking of the gallery, block by block.

The ranking itself is never formed. A score and all that matters about its item fit into one
64-bit integer: the score's bits in an order-preserving form, then the item's place in the gallery
(which breaks ties stably), then whether it is relevant. Sorting plain integers is several times
faster than any argsort, and the lowest bits of the sorted row say at which ranks the relevant
items stand.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK_SCORES = 2**24
"""Scores held at a time (float32: 64 MiB), however large the gallery."""

_TILE_SCORES = 2**18
"""Scores sorted at a time: few enough for the keys to stay in a core's cache."""


@dataclass(frozen=True)
class RankedQueries:
    """The ranks of the relevant items of some consecutive queries.

    Attributes:
        n_relevant: (B,) relevant items per query.
        ranks: (n_relevant.sum(),) their ranks from 1, ascending within a query, query by query.
    """

    n_relevant: NDArray[np.int64]
    ranks: NDArray[np.int64]


def relevant_ranks(
    queries: NDArray[np.float32],
    items: NDArray[np.float32],
    query_labels: NDArray[np.bool_],
    item_labels: NDArray[np.bool_],
    *,
    block_scores: int = BLOCK_SCORES,
) -> Iterator[RankedQueries]:
    """Rank `items` for each query by inner product, highest first, ties by gallery place.

    An item is relevant if it shares at least one label with the query.

    Args:
        queries: (Q, D) unit-norm embeddings.
        items: (G, D) unit-norm embeddings of the gallery.
        query_labels: (Q, C) multi-hot.
        item_labels: (G, C) multi-hot.
        block_scores: scores held at a time; the results do not depend on it.

    Yields:
        Consecutive queries' ranks, until all Q are done.

    Raises:
        ValueError: shapes that do not fit together, or values that are not finite.
    """
    _check(queries, items, query_labels, item_labels)
    relevance = _relevance(query_labels, item_labels)
    n_items = len(items)
    block = max(1, block_scores // max(n_items, 1))
    tile = max(1, _TILE_SCORES // max(n_items, 1))
    transposed = np.ascontiguousarray(items, dtype=np.float32).T
    scores = np.empty((min(block, len(queries)), n_items), dtype=np.float32)
    for start in range(0, len(queries), block):
        rows = np.asarray(queries[start : start + block], dtype=np.float32)
        # Negated, so that ascending order puts the best score first.
        block_of_scores = np.matmul(-rows, transposed, out=scores[: len(rows)])
        for offset in range(0, len(rows), tile):
            costs = block_of_scores[offset : offset + tile]
            first = start + offset
            yield _ranks(costs, relevance(slice(first, first + len(costs))))


def _ranks(costs: NDArray[np.float32], relevant: NDArray[np.bool_]) -> RankedQueries:
    """Ranks of the relevant items of (B, G) costs, which are overwritten."""
    n_items = costs.shape[1]
    costs += 0.0  # -0.0 and 0.0 are equal scores with different bits
    bits = costs.view(np.int32)
    bits ^= (bits >> 31) & 0x7FFFFFFF  # the integers now compare as the floats did
    keys = bits.astype(np.int64)
    keys <<= 32
    keys |= np.arange(0, 2 * n_items, 2)
    keys |= relevant
    keys.sort(axis=1)
    places = np.flatnonzero((keys & 1).astype(np.bool_))
    n_relevant = np.count_nonzero(relevant, axis=1)
    row_start = np.repeat(np.arange(len(costs)) * n_items, n_relevant)
    return RankedQueries(n_relevant, places - row_start + 1)


def _relevance(
    query_labels: NDArray[np.bool_], item_labels: NDArray[np.bool_]
) -> Callable[[slice], NDArray[np.bool_]]:
    """A function from a slice of the queries to their (B, G) relevance."""
    if query_labels.sum(axis=1).max(initial=0) <= 1 and item_labels.sum(axis=1).max(initial=0) <= 1:
        # No label matches nothing, hence two different values for it.
        query_class = np.where(query_labels.any(axis=1), query_labels.argmax(axis=1), -1)
        item_class = np.where(item_labels.any(axis=1), item_labels.argmax(axis=1), -2)
        query_class, item_class = query_class.astype(np.int32), item_class.astype(np.int32)
        return lambda rows: query_class[rows, None] == item_class
    query_hot = query_labels.astype(np.float32)
    item_hot = item_labels.astype(np.float32).T
    return lambda rows: query_hot[rows] @ item_hot > 0.5


def _check(
    queries: NDArray[np.float32],
    items: NDArray[np.float32],
    query_labels: NDArray[np.bool_],
    item_labels: NDArray[np.bool_],
) -> None:
    if queries.shape[1:] != items.shape[1:]:
        raise ValueError(f"queries {queries.shape} and items {items.shape} differ in dimension")
    if query_labels.shape[1:] != item_labels.shape[1:]:
        raise ValueError(f"labels {query_labels.shape} and {item_labels.shape} differ in classes")
    if len(queries) != len(query_labels) or len(items) != len(item_labels):
        raise ValueError("embeddings and labels differ in length")
    if not (np.isfinite(queries).all() and np.isfinite(items).all()):
        raise ValueError("embeddings hold values that are not finite")
