"""Which rows ask and which answer when an episode's model is judged."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xshot.episode.episode import HeldOut, Rows, Task


@dataclass(frozen=True)
class Exam:
    """N rows, of which some ask and some answer.

    Attributes:
        rows: all of them.
        asks: (N,) bool.
        answers: (N,) bool.
        learned: (N,) bool, whether training has seen the row.
    """

    rows: Rows
    asks: NDArray[np.bool_]
    answers: NDArray[np.bool_]
    learned: NDArray[np.bool_]


def test_items(heldout: HeldOut) -> Exam:
    """Every held-out row asks and answers: nothing in the galleries has been learned from."""
    rows = heldout.test_source.followed_by(heldout.test_target)
    everything = np.ones(len(rows.ids), bool)
    return Exam(rows, everything, everything, ~everything)


def train_items(task: Task, heldout: HeldOut) -> Exam:
    """Test rows ask, training rows answer: of target classes those beyond the support.

    The protocol of DADN and FGAN (Chi and Peng, TCSVT 2019; Ge, 2020) for classes without shots.
    With shots, these have to leave the items.
    """
    shots = set(task.support.pictures)
    pictures = enumerate(heldout.train_target.pictures)
    unused = heldout.train_target.take(row for row, each in pictures if each not in shots)
    parts = (heldout.test_source, heldout.test_target, unused, task.train)
    rows = Rows((), ())
    for part in parts:
        rows = rows.followed_by(part)
    part_of = np.repeat(np.arange(len(parts)), [len(part.ids) for part in parts])
    return Exam(rows, asks=part_of < 2, answers=part_of >= 2, learned=part_of == 3)
