"""Where the relevant items of every query stand in its ranking of the gallery, block by block.

The ranking itself is never formed: sorted keys, each with its item's place and in the lowest bit
its relevance, show at which ranks the relevant items stand, and which of them tie with others.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from xshot.distinct import find_distinct
from xshot.retrieval.keys import sort_keys
from xshot.retrieval.ties import NO_TIES, Ties, expected_precision, find_ties

BLOCK_SCORES = 2**24
"""Scores held at a time (float32: 64 MiB), however large the gallery."""

_TILE_SCORES = 2**17
"""Scores sorted at a time by one thread: few enough for the keys to stay in a core's cache."""

T = TypeVar("T")


@dataclass(frozen=True)
class Task:
    """Queries to be answered by ranking items; relevant is what shares at least one label.

    Attributes:
        queries: (Q, D) unit-norm embeddings.
        items: (G, D) unit-norm embeddings of the gallery.
        query_labels: (Q, C) multi-hot.
        item_labels: (G, C) multi-hot.

    Raises:
        ValueError: shapes that do not fit together, or embeddings that are not finite.
    """

    queries: NDArray[np.float32]
    items: NDArray[np.float32]
    query_labels: NDArray[np.bool_]
    item_labels: NDArray[np.bool_]

    def __post_init__(self) -> None:
        for what, embeddings, labels in (
            ("queries", self.queries, self.query_labels),
            ("items", self.items, self.item_labels),
        ):
            if len(embeddings) != len(labels):
                raise ValueError(f"{what}: {len(embeddings)} embeddings, {len(labels)} labels")
            if not np.isfinite(embeddings).all():
                raise ValueError(f"{what}: embeddings hold values that are not finite")
        if self.queries.shape[1] != self.items.shape[1]:
            raise ValueError("queries and items differ in their dimension")
        if self.query_labels.shape[1] != self.item_labels.shape[1]:
            raise ValueError("queries and items differ in their classes")


@dataclass(frozen=True)
class RelevantRanks:
    """The ranks of the relevant items of B consecutive queries.

    Attributes:
        n_relevant: (B,) relevant items per query.
        ranks: (n_relevant.sum(),) their ranks from 1, ascending within a query, query by query;
            among equal scores by place in the gallery.
        ties: which of them might stand elsewhere, were equal scores ordered otherwise.
    """

    n_relevant: NDArray[np.int64]
    ranks: NDArray[np.int64]
    ties: Ties = NO_TIES

    @property
    def starts(self) -> NDArray[np.int64]:
        """(B,) where each query's ranks begin."""
        return np.cumsum(self.n_relevant) - self.n_relevant

    @property
    def query(self) -> NDArray[np.int64]:
        """Which of the B queries each rank belongs to."""
        return np.repeat(np.arange(len(self.n_relevant)), self.n_relevant)

    @property
    def precision(self) -> NDArray[np.float64]:
        """Precision at each rank; within ties its expectation over their orders."""
        found = np.arange(1, len(self.ranks) + 1) - np.repeat(self.starts, self.n_relevant)
        precision: NDArray[np.float64] = found / self.ranks
        if self.ties:
            expected = expected_precision(
                self.ties.before, self.ties.found, self.ties.size, self.ties.relevant
            )
            precision[self.ties.entries] = np.repeat(expected, self.ties.relevant)
        return precision


def map_rankings(
    visit: Callable[[RelevantRanks], T],
    task: Task,
    *,
    threads: int = 1,
    block_scores: int = BLOCK_SCORES,
    device: str = "cpu",
) -> list[T]:
    """Rank by inner product, highest first, and visit the ranks; equal items score equal.

    Args:
        visit: called with consecutive queries at a time, maybe from several threads at once.
        task: what to rank.
        threads: threads that sort and visit; the inner products use BLAS's own.
        block_scores: scores held at a time on a CPU. Results depend on neither.
        device: where to sort, `cpu` or `cuda:N`.

    Returns:
        What `visit` returned, in the queries' order.
    """
    if device != "cpu":
        from xshot.retrieval.gpu_ranking import map_rankings_on

        return map_rankings_on(device, visit, task, threads=threads)
    relevance = _relevance(task)
    n_items = max(len(task.items), 1)
    block, tile = max(1, block_scores // n_items), max(1, _TILE_SCORES // n_items)
    items = np.asarray(task.items, dtype=np.float32)
    distinct = find_distinct(items)
    transposed = (items if distinct.index is None else items[distinct.places]).T
    buffer = np.empty((min(block, len(task.queries)), transposed.shape[1]), dtype=np.float32)
    results: list[T] = []

    def visit_tile(first: int, costs: NDArray[np.float32]) -> T:
        costs = costs if distinct.index is None else costs[:, distinct.index]
        return visit(_ranks(costs, relevance(slice(first, first + len(costs)))))

    with ThreadPoolExecutor(threads) as pool:
        apply = pool.map if threads > 1 else map
        for start in range(0, len(task.queries), block):
            queries = np.asarray(task.queries[start : start + block], dtype=np.float32)
            # Negated, so that ascending order puts the best score first.
            costs = np.matmul(-queries, transposed, out=buffer[: len(queries)])
            firsts = range(start, start + len(queries), tile)
            tiles = (costs[first - start : first - start + tile] for first in firsts)
            results.extend(apply(visit_tile, firsts, tiles))
    return results


def _ranks(costs: NDArray[np.float32], relevant: NDArray[np.bool_]) -> RelevantRanks:
    """Ranks of the relevant items of (B, G) costs, which are overwritten."""
    n_queries, n_items = costs.shape
    place_and_relevance = np.arange(0, 2 * n_items, 2, dtype=np.int32) + relevant
    keys = sort_keys(costs, place_and_relevance)
    keys.sort(axis=1)
    # The low byte is enough for the lowest bit, and an eighth as much to look through.
    standing = np.flatnonzero((keys.astype(np.int8) & 1).view(np.bool_))
    n_relevant = np.count_nonzero(relevant, axis=1)
    row_starts = np.repeat(np.arange(n_queries) * n_items, n_relevant)
    ranks = standing - row_starts + 1
    return RelevantRanks(n_relevant, ranks, find_ties(keys, standing, n_relevant))


def _relevance(task: Task) -> Callable[[slice], NDArray[np.bool_]]:
    """A function from a slice of the queries to their (B, G) relevance."""
    labels = (task.query_labels, task.item_labels)
    if all(np.count_nonzero(hot, axis=1).max(initial=0) <= 1 for hot in labels):
        # What has no label matches nothing, hence two different values for it.
        query_class, item_class = (
            np.where(hot.any(axis=1), hot.argmax(axis=1), none).astype(np.int32)
            for hot, none in zip(labels, (-1, -2), strict=True)
        )
        return lambda rows: query_class[rows, None] == item_class
    query_words, item_words = map(_words, labels)

    def shares_a_label(rows: slice) -> NDArray[np.bool_]:
        relevant = np.zeros((1, 1), bool)
        for own, other in zip(query_words, item_words, strict=True):
            relevant = relevant | ((own[rows, None] & other) != 0)
        return relevant

    return shares_a_label


def _words(labels: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """(N, C) multi-hot to (W, N), 64 classes a word."""
    words = np.zeros((len(labels), -(-labels.shape[1] // 64) * 8), np.uint8)
    packed = np.packbits(labels, axis=1)
    words[:, : packed.shape[1]] = packed
    return np.ascontiguousarray(words.view(np.uint64).T)
