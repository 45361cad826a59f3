"""Search in a gallery on disk: a table finds candidates, the present model ranks them."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from xshot.episode.training_set import Centring, normalise
from xshot.projector.embedder import Embedder
from xshot.search.classes import NewClass, add_classes
from xshot.search.gallery import Gallery
from xshot.search.space import SIDES, Matrix, Modality, Space, System, embed, query_of
from xshot.search.table import Rows, Table

CANDIDATES = 200
"""Rows that the model as it is ranks."""

ADDED_CANDIDATES = 1000
"""Further ones, in every direction that rows of a class that was added are looked for in."""

_ROUNDS = 2
"""How often such a direction is learned from the scores of what was found by then."""

_RIDGE = 0.1
"""Of the regression, in shares of the mean variance."""

_POSSIBLE = 0.01
"""The least probability of such a class, given the query."""


class TwoStageSpace(Space):
    """A gallery on disk in the space of one model and in that of raw CLIP.

    The table finds candidates by the model that it was written for, which knows no class that was
    added since. Those of such classes are looked for among the CLIP features: near their names and
    their examples, and then where the present model's scores of what was found say that they grow.
    The scores of the answers are the present model's.
    """

    def __init__(
        self, trained: Embedder, added: Sequence[NewClass], gallery: Gallery, table: Table
    ) -> None:
        super().__init__(add_classes(trained, added), gallery)
        self._trained = trained
        self._added = added
        self._table = table

    def nearest(
        self,
        feature: Matrix,
        asked: Modality,
        *,
        system: System,
        found: Modality,
        k: int,
        where: str | None = None,
    ) -> tuple[NDArray[np.int64], Matrix]:
        """As of a gallery in memory; `where` may filter rows."""
        first = query_of(self._trained, feature, system, asked)
        rows, _ = self._table.nearest(first, system, max(CANDIDATES, 4 * k), where)
        query = self.query(feature, system, asked)
        items, scores = self._ranked(rows, query, system, found)
        if system == "model" and len(directions := self._added_directions(feature, asked)):
            for _ in range(1 + _ROUNDS):
                count = max(ADDED_CANDIDATES, 4 * k)
                near, _ = self._table.nearest(directions, "clip", count, where)
                new = np.setdiff1d(near, rows)
                more_items, more_scores = self._ranked(new, query, system, found)
                rows, items = np.concatenate([rows, new]), np.concatenate([items, more_items])
                scores = np.concatenate([scores, more_scores])
                directions = _direction(items, scores)[None]
        best = np.lexsort((rows, -scores))[:k]
        return rows[best], scores[best]

    def _ranked(
        self, rows: Rows, query: Matrix, system: System, found: Modality
    ) -> tuple[Matrix, Matrix]:
        """CLIP features (N, D) of some rows, and their scores (N,) by the present model."""
        items = self._table.features(rows)
        seen = embed(self.embedder, items, found) if system == "model" else items
        scores: Matrix = seen @ query[0]
        return items, scores

    def prepare(self) -> None:
        """Nothing: the table is embedded."""

    def _added_directions(self, feature: Matrix, asked: Modality) -> Matrix:
        """(A, D) where to look for the added classes that a query may be of, among CLIP features.

        That is near the class's name, its examples and the query at once.
        """
        if not self._added:
            return feature[:0]
        side, centring = SIDES[asked], self.embedder.centring
        shares = self.embedder.posterior(feature, side)[0, -len(self._added) :]
        query = centring.of_side(feature, side)[0]
        directions = [
            query + sum(_means(new, centring))
            for new, share in zip(self._added, shares, strict=True)
            if share >= _POSSIBLE
        ]
        return np.stack(directions) if directions else feature[:0]


def _direction(items: Matrix, scores: Matrix) -> Matrix:
    """(D,) in which scores (N,) grow most among CLIP features (N, D), by ridge regression."""
    centred = items - items.mean(axis=0)
    products = centred.T @ centred
    ridge = _RIDGE * np.trace(products) / len(products) * np.eye(len(products), dtype=np.float32)
    direction: Matrix = np.linalg.solve(products + ridge, centred.T @ (scores - scores.mean()))
    return direction


def _means(new: NewClass, centring: Centring) -> Iterator[Matrix]:
    """(D,) what stands for a class: its name, its example images and its example texts."""
    yield centring.of_text(new.prompt[None])[0]
    for rows in (centring.of_image(new.image), centring.of_text(new.text)):
        if len(rows):
            yield normalise(rows.mean(axis=0, keepdims=True))[0]


def space_of(trained: Embedder, added: Sequence[NewClass], gallery: Gallery) -> Space:
    """A gallery in the space of a model that may know further classes than it was trained with."""
    if gallery.table is not None:
        return TwoStageSpace(trained, added, gallery, gallery.table)
    return Space(add_classes(trained, added), gallery)
