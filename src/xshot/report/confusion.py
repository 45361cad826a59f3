"""Which classes a system answers with, when asked for a class."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xshot.report.outcome import Outcome
from xshot.retrieval.galleries import DIRECTIONS, make_gallery
from xshot.retrieval.search import top_k

TOP = 10
"""Answers that are looked at per query."""

MAX_QUERIES = 2000
"""Queries that are looked at: shares need no more."""


@dataclass(frozen=True)
class Confusion:
    """One class that is answered with another.

    Attributes:
        asked: index of the query's class.
        answered: index of the answers' class.
        share: of the first answers.
    """

    asked: int
    answered: int
    share: float


def confusion_matrix(
    outcome: Outcome, system: str, *, max_queries: int = MAX_QUERIES
) -> NDArray[np.float64]:
    """Shares of the classes among the first `TOP` answers, over all test rows, both directions.

    A row of several classes counts for each of them in equal parts. Of more rows than
    `max_queries`, evenly spaced ones ask.

    Returns:
        (C, C): row = class of the query, column = class of the answer; rows sum to 1, or to 0 for
        a class without a query.
    """
    labels = outcome.labels
    parts = labels / np.maximum(labels.sum(axis=1, keepdims=True), 1)
    asking, answering = (np.flatnonzero(rows) for rows in (outcome.exam.asks, outcome.exam.answers))
    step = max(1, -(-len(asking) // max_queries))
    everything = make_gallery(asking[::step], answering, labels, outcome.image_rows)
    answered = np.zeros((labels.shape[1], labels.shape[1]))
    for direction in DIRECTIONS:
        task = everything.task(outcome.systems[system], direction)
        places, _ = top_k(task.queries, task.items, TOP)
        found = parts[everything.items[direction]][places].mean(axis=1)
        answered += parts[everything.queries[direction]].T @ found
    totals = answered.sum(axis=1, keepdims=True)
    return np.asarray(answered / np.where(totals > 0, totals, 1))


def worst_confusions(matrix: NDArray[np.float64], count: int) -> list[Confusion]:
    """The largest shares off the diagonal, largest first; shares of 0 are left out."""
    off = matrix.copy()
    np.fill_diagonal(off, 0)
    order = np.argsort(-off, axis=None, kind="stable")[:count]
    pairs = np.column_stack(np.unravel_index(order, off.shape)).tolist()
    return [Confusion(i, j, float(off[i, j])) for i, j in pairs if off[i, j] > 0]
