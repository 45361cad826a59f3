"""The rows among which examples of a class are looked for: all, or of a table the likely ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xshot.projector.embedder import Embedder
from xshot.search.gallery import Gallery
from xshot.search.space import SIDES, Matrix, Modality

_LIKELY = 2_000
"""Rows of a table, near the class's name and near each of some members that are known."""

_MEMBERS = 8


@dataclass(frozen=True)
class RowPool:
    """Rows of a gallery.

    Attributes:
        rows: (P,) their places in it, ascending.
        features: (P, D) by modality.
        pictures: (P,) which picture each shows.
    """

    rows: NDArray[np.int64]
    features: dict[Modality, Matrix]
    pictures: NDArray[np.int64]

    def places(self, rows: Sequence[int]) -> list[int]:
        """Where some rows of the gallery stand in the pool.

        Raises:
            ValueError: the gallery lacks one.
        """
        wanted = np.asarray(rows, np.int64)
        found = np.searchsorted(self.rows, wanted)
        known = self.rows[np.minimum(found, len(self.rows) - 1)] == wanted
        if not known.all():
            raise ValueError(f"row {wanted[~known][0]} is none of the gallery's")
        places: list[int] = found.tolist()
        return places


def pool_of(
    gallery: Gallery,
    embedder: Embedder,
    prompt: Matrix,
    confirmed: Sequence[int],
    refused: Sequence[int],
) -> RowPool:
    """Where to look for examples of a class.

    Args:
        gallery: all of it, unless it is on disk.
        embedder: says what is taken off features.
        prompt: (D,) the class's, centred.
        confirmed: rows that are members; they are in the pool.
        refused: rows that are not; likewise.
    """
    table = gallery.table
    if table is None:
        features = {each: gallery.features[each][:] for each in SIDES if each in gallery.features}
        return RowPool(np.arange(len(gallery)), features, gallery.first_rows)
    members, others = (
        np.array([row for row in rows if 0 <= row < len(gallery)], np.int64)
        for rows in (confirmed, refused)
    )
    known = embedder.centring.of_image(table.features(members[:_MEMBERS]))
    answered = np.concatenate([members, others])
    near = np.concatenate([prompt[None], known])
    rows = np.union1d(table.nearest(near, "clip", _LIKELY)[0], answered)
    return RowPool(rows, {"image": table.features(rows)}, rows)
