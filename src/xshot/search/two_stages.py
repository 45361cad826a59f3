"""Search in a gallery on disk: a table finds candidates, the present model ranks them."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xshot.episode.training_set import Centring, normalise
from xshot.projector.embedder import Embedder
from xshot.search.classes import NewClass, add_classes
from xshot.search.gallery import Gallery
from xshot.search.space import SIDES, Matrix, Modality, Space, System, embed, query_of
from xshot.search.table import Rows, Table

CANDIDATES = 100
"""Rows that the model as it is ranks."""

ADDED_CANDIDATES = 300
"""Further ones, for a query that may be of a class that was added."""

LIKELY = 2000
"""Rows of such a class that are found once: the likeliest."""

_ROUNDS = 4
"""How often they are looked for, from the second on where those found so far say."""

_FILTERED = 8
"""How many filters such rows are kept for."""

_LEARNED_FROM = 500
"""Of them, for the direction of a query."""

_RIDGE, _LEAST_RIDGE = 0.1, 1e-6
"""Of the regression, in shares of the mean variance and beside it."""

_POSSIBLE = 0.01
"""The least probability of such a class, given the query."""


class _Found(NamedTuple):
    """Rows (N,) of a table, their CLIP features (N, D), and as the system sees them (N, E)."""

    rows: Rows
    features: Matrix
    items: Matrix

    def joined(self, other: "_Found") -> "_Found":
        """These and what is new in `other`."""
        new = other.at(np.flatnonzero(~np.isin(other.rows, self.rows)))
        return _Found(
            np.concatenate([self.rows, new.rows]),
            np.concatenate([self.features, new.features]),
            np.concatenate([self.items, new.items]),
        )

    def at(self, places: slice | NDArray[np.int64]) -> "_Found":
        """Some of them."""
        return _Found(self.rows[places], self.features[places], self.items[places])


class TwoStageSpace(Space):
    """A gallery on disk in the space of one model and in that of raw CLIP.

    The table finds candidates by the model that it was written for, which knows no class that was
    added since. The likeliest rows of such a class are found once, when a query may be of it: near
    its name and its examples, and then where its probability grows among those found. They are
    candidates of every such query, as is what lies where the query's scores of all these grow. The
    scores of the answers are the present model's.
    """

    def __init__(
        self, trained: Embedder, added: Sequence[NewClass], gallery: Gallery, table: Table
    ) -> None:
        super().__init__(add_classes(trained, added), gallery)
        self._trained = trained
        self._added = added
        self._table = table
        self._likely = lru_cache(maxsize=len(added) + _FILTERED)(self._likeliest)

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
        near = self._read(rows, system)
        query = self.query(feature, system, asked)[0] if self._added else first[0]
        if system == "model" and (possible := self._possible(feature, asked)):
            near = self._with_added(near, possible, query, max(ADDED_CANDIDATES, 4 * k), where)
        scores: Matrix = near.items @ query
        best = np.lexsort((near.rows, -scores))[:k]
        return near.rows[best], scores[best]

    def prepare(self) -> None:
        """Nothing: the table is embedded."""

    def _read(self, rows: Rows, system: System = "model") -> _Found:
        """Rows of the table, which holds images only."""
        features = self._table.features(rows)
        items = embed(self.embedder, features, "image") if system == "model" else features
        return _Found(rows, features, items)

    def _possible(self, feature: Matrix, asked: Modality) -> list[int]:
        """The places of the added classes that a query may be of."""
        if not self._added or not self.embedder.joined:
            return []
        shares = self.embedder.posterior(feature, SIDES[asked])[0, -len(self._added) :]
        places: list[int] = np.flatnonzero(shares >= _POSSIBLE).tolist()
        return places

    def _with_added(
        self, near: _Found, possible: Sequence[int], query: Matrix, count: int, where: str | None
    ) -> _Found:
        """What is near, and rows of the added classes that a query may be of."""
        learned = near
        for place in possible:
            likely = self._likely(place, where)
            near = near.joined(likely)
            learned = learned.joined(likely.at(slice(None, None, max(1, LIKELY // _LEARNED_FROM))))
            if len(likely.rows) < LIKELY:
                return near  # of all that there are
        direction = _direction(learned.features, learned.items @ query)
        rows, _ = self._table.nearest(direction[None], "clip", count, where)
        return near.joined(self._read(np.setdiff1d(rows, near.rows)))

    def _likeliest(self, place: int, where: str | None) -> _Found:
        """Rows that are likeliest of an added class, the likeliest first; fewer if that is all."""
        coordinate = place - len(self._added) - 2  # two more stand behind those of the classes
        means = _means(self._added[place], self.embedder.centring)
        direction = np.sum(list(means), axis=0)
        likely = self._read(np.array([], np.int64))
        for _ in range(_ROUNDS):
            rows, _ = self._table.nearest(direction[None], "clip", LIKELY, where, widely=True)
            likely = likely.joined(self._read(np.setdiff1d(rows, likely.rows)))
            if len(rows) < LIKELY:
                break
            direction = _direction(likely.features, likely.items[:, coordinate])
        return likely.at(np.argsort(-likely.items[:, coordinate], kind="stable")[:LIKELY])


def _direction(items: Matrix, scores: Matrix) -> Matrix:
    """(D,) in which scores (N,) grow most among CLIP features (N, D), by ridge regression."""
    centred = items - items.mean(axis=0)
    products = centred.T @ centred
    ridge = _RIDGE * np.trace(products) / len(products) + _LEAST_RIDGE  # rows may be all alike
    np.fill_diagonal(products, products.diagonal() + ridge)
    direction: Matrix = np.linalg.solve(products, centred.T @ (scores - scores.mean()))
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
