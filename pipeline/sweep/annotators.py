"""Ways to find the pictures of a class by asking an annotator, side by side.

Each gives the rows that are confirmed, with the number of questions asked by then. Whoever asks
knows features and class names; only `covering` knows who the members are, and so is a ceiling.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xshot.suggestion.annotator import Confirmed, ask
from xshot.suggestion.names import Names
from xshot.suggestion.suggest import Pool, most_covering


@dataclass(frozen=True)
class Hidden:
    """Rows whose labels the annotator alone knows.

    Attributes:
        pool: N rows.
        names: of all C classes.
        members: (N, C) bool, the annotator's answers.
    """

    pool: Pool
    names: Names
    members: NDArray[np.bool_]


def by_name(hidden: Hidden, place: int) -> Iterator[Confirmed]:
    """The rows closest to the class's prompt first: the sum of the modalities' cosines."""
    prompt = hidden.names.prompts[place][None]
    cosines = [hidden.pool.cosines(modality, prompt)[:, 0] for modality in hidden.pool.features]
    order = np.argsort(-np.sum(cosines, axis=0, dtype=np.float64), kind="stable")
    hits = np.flatnonzero(hidden.members[order, place])
    return (Confirmed(int(order[hit]), int(hit) + 1) for hit in hits)


def by_suggestion(hidden: Hidden, place: int) -> Iterator[Confirmed]:
    """What XShot does."""
    return ask(hidden.pool, hidden.names, place, lambda row: bool(hidden.members[row, place]))


def by_covering(hidden: Hidden, place: int) -> Iterator[Confirmed]:
    """Greedy facility location among the members: every question hits."""
    members = np.flatnonzero(hidden.members[:, place])
    centred = hidden.pool.centred(members)
    similarity = np.asarray(np.mean([rows @ rows.T for rows in centred.values()], axis=0))
    order = most_covering(
        (1 + similarity) / 2,
        np.ones(len(members)),
        np.zeros(len(members)),
        np.arange(len(members)),
        len(members),
    )
    return (Confirmed(int(members[each]), count) for count, each in enumerate(order, start=1))


METHODS: dict[str, Callable[[Hidden, int], Iterator[Confirmed]]] = {
    "name": by_name,
    "suggested": by_suggestion,
    "covering": by_covering,
}
