"""Retrieval metrics of each query, and their means.

Where scores tie, a metric is its expectation over the orders of the ties, each as likely.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xshot.retrieval.ranking import BLOCK_SCORES, RelevantRanks, Task, map_rankings
from xshot.retrieval.ties import chance_within, expected_ap_at

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
        recall: (Q, 3) whether a relevant item is among the top k, k of `RECALL_AT`.
    """

    n_relevant: NDArray[np.int64]
    ap: NDArray[np.float64]
    ap_at_50: NDArray[np.float64]
    recall: NDArray[np.float64]

    @property
    def counted(self) -> NDArray[np.bool_]:
        """(Q,) whether the query has a relevant item; the others are left out of every mean."""
        return self.n_relevant > 0


def score_queries(
    task: Task, *, threads: int = 1, block_scores: int = BLOCK_SCORES, device: str = "cpu"
) -> QueryScores:
    """Rank the items for every query and score the rankings; arguments as for `map_rankings`.

    Average precision equals scikit-learn's `average_precision_score` where no scores tie.
    """
    nothing = RelevantRanks(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    parts = map_rankings(_score, task, threads=threads, block_scores=block_scores, device=device)
    parts = parts or [_score(nothing)]
    return QueryScores(
        n_relevant=np.concatenate([part.n_relevant for part in parts]),
        ap=np.concatenate([part.ap for part in parts]),
        ap_at_50=np.concatenate([part.ap_at_50 for part in parts]),
        recall=np.concatenate([part.recall for part in parts]),
    )


def mean_metrics(scores: QueryScores) -> dict[str, float]:
    """Means over the queries with a relevant item; all 0 if there is no such query."""
    counted = scores.counted
    n_queries = max(int(counted.sum()), 1)
    recall = scores.recall[counted].sum(axis=0) / n_queries
    return {
        "map": float(scores.ap[counted].sum()) / n_queries,
        "map_at_50": float(scores.ap_at_50[counted].sum()) / n_queries,
        **{f"recall_at_{k}": float(share) for k, share in zip(RECALL_AT, recall, strict=True)},
    }


def _score(ranked: RelevantRanks) -> QueryScores:
    n_queries, query, precision = len(ranked.n_relevant), ranked.query, ranked.precision
    return QueryScores(
        n_relevant=ranked.n_relevant,
        ap=_mean_by(query, precision, n_queries),
        ap_at_50=_ap_at_top(ranked, precision),
        recall=_recall(ranked),
    )


def _ap_at_top(ranked: RelevantRanks, precision: NDArray[np.float64]) -> NDArray[np.float64]:
    n_queries, query, ties = len(ranked.n_relevant), ranked.query, ranked.ties
    in_top = ranked.ranks <= TOP
    ap = _mean_by(query[in_top], precision[in_top], n_queries)
    cut = ties[(ties.before < TOP) & (ties.before + ties.size > TOP)]
    if cut:
        sums = np.concatenate([[0.0], np.cumsum(precision)])
        above = sums[cut.first] - sums[cut.first - cut.found]
        ap[cut.query] = expected_ap_at(TOP, cut, above)
    return ap


def _recall(ranked: RelevantRanks) -> NDArray[np.float64]:
    counted, ties = ranked.n_relevant > 0, ranked.ties
    recall = np.zeros((len(counted), len(RECALL_AT)))
    first = ranked.ranks[ranked.starts[counted], None]
    recall[counted] = first <= np.array(RECALL_AT)
    tied = ties[ties.found == 0]
    if tied:
        recall[tied.query] = np.stack([chance_within(k, tied) for k in RECALL_AT], axis=1)
    return recall


def _mean_by(
    group: NDArray[np.int64], values: NDArray[np.float64], n_groups: int
) -> NDArray[np.float64]:
    sums = np.bincount(group, weights=values, minlength=n_groups)
    sizes = np.bincount(group, minlength=n_groups)
    return np.asarray(sums / np.maximum(sizes, 1), dtype=np.float64)
