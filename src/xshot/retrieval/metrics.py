"""Retrieval metrics of each query, and their means."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xshot.retrieval.ranking import BLOCK_SCORES, RelevantRanks, Task, map_rankings

TOP = 50
"""The R of AP@R."""

RECALL_AT = (1, 5, 10)


@dataclass(frozen=True)
class QueryScores:
    """How well each of Q queries was answered.

    Attributes:
        n_relevant: (Q,) relevant items in the gallery.
        ap: (Q,) average precision over the whole ranking; 0 without a relevant item.
        ap_at_50: (Q,) average precision of the top 50, divided by the relevant items found there
            (the convention of DSCMR's published evaluation); 0 where none is found.
        first_rank: (Q,) rank of the first relevant item, from 1; 0 without one.
    """

    n_relevant: NDArray[np.int64]
    ap: NDArray[np.float64]
    ap_at_50: NDArray[np.float64]
    first_rank: NDArray[np.int64]

    @property
    def counted(self) -> NDArray[np.bool_]:
        """(Q,) whether the query has a relevant item; the others are left out of every mean."""
        return self.n_relevant > 0


def score_queries(task: Task, *, threads: int = 1, block_scores: int = BLOCK_SCORES) -> QueryScores:
    """Rank the items for every query and score the rankings; arguments as for `map_rankings`.

    Average precision equals scikit-learn's `average_precision_score` where no scores tie.
    """
    nothing = RelevantRanks(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    parts = map_rankings(_score, task, threads=threads, block_scores=block_scores)
    parts = parts or [_score(nothing)]
    return QueryScores(
        n_relevant=np.concatenate([part.n_relevant for part in parts]),
        ap=np.concatenate([part.ap for part in parts]),
        ap_at_50=np.concatenate([part.ap_at_50 for part in parts]),
        first_rank=np.concatenate([part.first_rank for part in parts]),
    )


def mean_metrics(scores: QueryScores) -> dict[str, float]:
    """Means over the queries with a relevant item; all 0 if there is no such query."""
    counted = scores.counted
    n_queries = max(int(counted.sum()), 1)
    first_rank = scores.first_rank[counted]
    return {
        "map": float(scores.ap[counted].sum()) / n_queries,
        "map_at_50": float(scores.ap_at_50[counted].sum()) / n_queries,
        **{f"recall_at_{k}": float((first_rank <= k).sum()) / n_queries for k in RECALL_AT},
    }


def _score(ranked: RelevantRanks) -> QueryScores:
    n_queries, query, precision = len(ranked.n_relevant), ranked.query, ranked.precision
    in_top = ranked.ranks <= TOP
    counted = ranked.n_relevant > 0
    first_rank = np.zeros(n_queries, dtype=np.int64)
    first_rank[counted] = ranked.ranks[ranked.starts[counted]]
    return QueryScores(
        n_relevant=ranked.n_relevant,
        ap=_mean_by(query, precision, n_queries),
        ap_at_50=_mean_by(query[in_top], precision[in_top], n_queries),
        first_rank=first_rank,
    )


def _mean_by(
    group: NDArray[np.int64], values: NDArray[np.float64], n_groups: int
) -> NDArray[np.float64]:
    sums = np.bincount(group, weights=values, minlength=n_groups)
    sizes = np.bincount(group, minlength=n_groups)
    return np.asarray(sums / np.maximum(sizes, 1), dtype=np.float64)
