"""Pictures that a given split has in both parts."""

from collections.abc import Mapping, Sequence
from typing import Literal

from xshot.datasets.rows import Row

Overlaps = Literal["keep", "drop"]


def shared_pictures(rows: Sequence[Row], twins: Mapping[str, str]) -> dict[str, str]:
    """Image -> id of its first row, of the pictures whose bytes are in train and in test.

    Args:
        rows: with the splits that the dataset brings; without any, nothing is shared.
        twins: picture -> the first one of the same bytes.
    """
    splits: dict[str, set[str | None]] = {}
    for row in rows:
        splits.setdefault(twins.get(row.image, row.image), set()).add(row.split)
    shared: dict[str, str] = {}
    for row in rows:
        if len(splits[twins.get(row.image, row.image)]) > 1:
            shared.setdefault(row.image, row.id)
    return shared


def overlap_note(shared: Mapping[str, str], overlaps: Overlaps) -> str:
    """How many there are, the first, and what becomes of them."""
    image, row = next(iter(shared.items()))
    found = f"{len(shared)} pictures are in train and in test, the first in row {row!r}: {image}"
    if overlaps == "drop":
        return f"{found}; their training rows are left out (data.overlaps: drop)"
    return (
        f"{found}; metrics count them as unseen; set data.overlaps: drop to leave their training "
        "rows out, unless the split is a published one"
    )
