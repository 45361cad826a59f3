"""An annotator who knows the answers: how many questions the pictures of a class cost."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from xshot.suggestion.names import Names
from xshot.suggestion.suggest import Pool, suggest


class Confirmed(NamedTuple):
    """A row that was confirmed.

    Attributes:
        row: its place in the pool.
        questions: asked by then, this one included.
    """

    row: int
    questions: int


def ask(
    pool: Pool, names: Names, place: int, is_member: Callable[[int], bool]
) -> Iterator[Confirmed]:
    """Ask about one suggestion after the other; give the rows confirmed, until none is left.

    Args:
        pool: rows whose labels are hidden.
        names: see `suggest`.
        place: of the class among them.
        is_member: the annotator: whether a row is of the class. Asked about suggestions only.
    """
    confirmed: list[int] = []
    refused: list[int] = []
    while found := suggest(pool, names, place, confirmed=confirmed, refused=refused):
        row = found[0].row
        if is_member(row):
            confirmed.append(row)
            yield Confirmed(row, len(confirmed) + len(refused))
        else:
            refused.append(row)
