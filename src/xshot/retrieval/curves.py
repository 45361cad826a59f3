"""What plots show beyond means: precision over recall, and average precision class by class."""

import numpy as np
from numpy.typing import NDArray

from xshot.retrieval.metrics import QueryScores
from xshot.retrieval.ranking import RelevantRanks, Task, map_rankings
from xshot.retrieval.ties import relevant_orders

RECALL_PERCENT = np.arange(101)
"""The recall levels of a precision-recall curve, in percent."""

_MOST_RANKS = 2**16
"""Ranks looked at, over all orders of one query's ties: every order of a few, a sample of many."""


def precision_recall(task: Task, *, threads: int = 1, device: str = "cpu") -> NDArray[np.float64]:
    """Interpolated precision at each of `RECALL_PERCENT`, averaged over the queries.

    Interpolated precision at a recall is the highest precision at that recall or above (TREC).
    Where scores tie, it is the mean over the orders of the ties: over all of them where they are
    few, else over some thousands of drawn ranks. (A maximum has no closed form.) `threads` and
    `device` as for `map_rankings`.

    Returns:
        (101,) means over the queries with a relevant item; all 0 if there is no such query.
    """
    parts = map_rankings(_interpolated, task, threads=threads, device=device)
    curves = np.concatenate([np.zeros((0, len(RECALL_PERCENT))), *parts])
    return np.asarray(curves.sum(axis=0) / max(len(curves), 1), dtype=np.float64)


def class_ap(scores: QueryScores, query_labels: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean average precision of each class's queries.

    Args:
        scores: of Q queries.
        query_labels: (Q, C) multi-hot; a query counts for each of its labels.

    Returns:
        (C,) means; NaN for a class without a query that has a relevant item.
    """
    counted = query_labels[scores.counted].astype(np.float64)
    sums, sizes = scores.ap[scores.counted] @ counted, counted.sum(axis=0)
    means: NDArray[np.float64] = np.full(query_labels.shape[1], np.nan)
    np.divide(sums, sizes, out=means, where=sizes > 0)
    return means


def _interpolated(ranked: RelevantRanks) -> NDArray[np.float64]:
    """(B', 101) interpolated precision of the B' queries that have a relevant item."""
    counted = ranked.n_relevant > 0
    n_relevant, starts = ranked.n_relevant[counted, None], ranked.starts[counted, None]
    # One running maximum from the end serves all queries: each is lifted above the ones after it.
    lift = 2.0 * (len(ranked.n_relevant) - ranked.query)
    highest = np.maximum.accumulate((ranked.precision + lift)[::-1])[::-1] - lift
    interpolated: NDArray[np.float64] = highest[starts + _needed(n_relevant)]
    row = np.cumsum(counted) - 1
    for query in np.unique(ranked.ties.query):
        interpolated[row[query]] = _over_orders(ranked, query)
    return interpolated


def _needed(n_relevant: NDArray[np.int64]) -> NDArray[np.int64]:
    """(..., 101) which relevant item, from 0, reaches each recall level; of (..., 1) numbers."""
    # In integers, since 0.07 * 100 is more than 7 in floating point.
    needed: NDArray[np.int64] = np.maximum(-(-RECALL_PERCENT * n_relevant // 100), 1) - 1
    return needed


def _over_orders(ranked: RelevantRanks, query: int) -> NDArray[np.float64]:
    """(101,) mean interpolated precision of a query over the orders of its ties."""
    n_relevant, start = ranked.n_relevant[query], ranked.starts[query]
    ties = ranked.ties[ranked.ties.query == query]
    orders = relevant_orders(ties, most=max(_MOST_RANKS // max(n_relevant, ties.size.sum()), 16))
    ranks = np.tile(ranked.ranks[start : start + n_relevant], (len(orders), 1))
    ranks[:, ties.entries - start] = orders
    precision = np.arange(1, n_relevant + 1) / ranks
    highest = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1].mean(axis=0)
    interpolated: NDArray[np.float64] = highest[_needed(n_relevant)]
    return interpolated
