"""Queries to look at, from the largest gain to the smallest, with both systems' answers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xshot.report.outcome import SYSTEMS, Outcome
from xshot.retrieval.search import top_k

GALLERY = "generalized"
"""Where the queries ask: target queries, with the rows of all classes to answer."""

ANSWERS = 8
PER_PLACE = 2
PLACES = ("largest gain", "median gain", "smallest gain")


@dataclass(frozen=True)
class Answer:
    """One row of an answer, and whether it shares a class with the query."""

    row: int
    right: bool


@dataclass(frozen=True)
class Example:
    """A query with the answers of both systems.

    Attributes:
        row: the held-out row that asks.
        direction: `i2t` (its image asks) or `t2i` (its text asks).
        place: one of `PLACES`, by gain in average precision.
        ap: average precision by system.
        answers: the first `ANSWERS` by system.
    """

    row: int
    direction: str
    place: str
    ap: dict[str, float]
    answers: dict[str, tuple[Answer, ...]]


def choose_examples(outcome: Outcome, direction: str) -> list[Example]:
    """`PER_PLACE` queries for each of `PLACES`, all of different classes as far as there are."""
    gallery = outcome.evaluation.galleries[GALLERY]
    asking = gallery.queries[direction]
    scores = {system: outcome.evaluation.scores[system, GALLERY, direction] for system in SYSTEMS}
    gain = scores["model"].ap - scores["clip"].ap
    chosen = _spread(gain, scores["clip"].counted, gallery.labels[asking])
    queries = np.array([query for query, _ in chosen], np.int64)
    answers = {system: _answers(outcome, system, direction, queries) for system in SYSTEMS}
    return [
        Example(
            row=int(asking[query]),
            direction=direction,
            place=place,
            ap={system: float(scores[system].ap[query]) for system in SYSTEMS},
            answers={system: answers[system][number] for system in SYSTEMS},
        )
        for number, (query, place) in enumerate(chosen)
    ]


def _spread(
    gain: NDArray[np.float64], counted: NDArray[np.bool_], labels: NDArray[np.bool_]
) -> list[tuple[int, str]]:
    """Queries from both ends and from the middle of the order by gain, no class twice."""
    queries = np.flatnonzero(counted)
    order = queries[np.argsort(-gain[queries], kind="stable")]
    from_middle = order[np.argsort(np.abs(np.arange(len(order)) - len(order) // 2), kind="stable")]
    shown = np.zeros(labels.shape[1], bool)
    chosen = []
    for place, candidates in zip(PLACES, (order, from_middle, order[::-1]), strict=True):
        found = 0
        for query in candidates.tolist():
            if found < PER_PLACE and not (labels[query] & shown).any():
                shown |= labels[query]
                chosen.append((query, place))
                found += 1
    return chosen


def _answers(
    outcome: Outcome, system: str, direction: str, queries: NDArray[np.int64]
) -> list[tuple[Answer, ...]]:
    gallery = outcome.evaluation.galleries[GALLERY]
    task = gallery.task(outcome.systems[system], direction)
    places, _ = top_k(task.queries[queries], task.items, ANSWERS)
    shared = task.query_labels[queries][:, None] & task.item_labels[places]
    right = np.asarray(shared.any(axis=2))
    rows = gallery.items[direction][places]
    return [
        tuple(Answer(row, hit) for row, hit in zip(*pair, strict=True))
        for pair in zip(rows.tolist(), right.tolist(), strict=True)
    ]
