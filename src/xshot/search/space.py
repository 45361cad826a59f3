"""A gallery and queries as a system sees them: the trained model, or raw CLIP."""

from collections.abc import Iterator
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from xshot.errors import UserError
from xshot.projector.coordinates import MOST_CLASSES
from xshot.projector.embedder import Embedder
from xshot.retrieval.compact import CompactRows
from xshot.retrieval.search import top_k
from xshot.search.gallery import Gallery

Matrix = NDArray[np.float32]
System = Literal["model", "clip"]
Modality = Literal["image", "text"]

SYSTEMS: tuple[System, ...] = get_args(System)
SIDES: dict[Modality, int] = {"image": 0, "text": 1}

BLOCK_ROWS = 2**14
"""Embedded at a time: what lies between features and embedding must not grow with a gallery."""


class Space:
    """One gallery in the space of one model and in that of raw CLIP; embedded when asked for."""

    def __init__(self, embedder: Embedder, gallery: Gallery) -> None:
        self.embedder = embedder
        self._gallery = gallery
        self._items: dict[tuple[System, Modality], Matrix | CompactRows] = {}

    def items(self, system: System, modality: Modality) -> Matrix | CompactRows:
        """The gallery (N, E), each picture once; compact where the model knows many classes."""
        key = (system, modality)
        if key not in self._items:
            features = self._gallery.features[modality][:]
            if modality == "image" and self._gallery.pictures is not None:
                features = features[self._gallery.pictures]
            self._items[key] = features if system == "clip" else self._embedded(features, modality)
        return self._items[key]

    def query(self, feature: Matrix, system: System, modality: Modality) -> Matrix:
        """(1, D) CLIP feature of a query -> (1, E)."""
        return query_of(self.embedder, feature, system, modality)

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
        """The k best rows (K,) of the gallery for a CLIP feature (1, D), best first, their scores.

        Raises:
            UserError: the gallery cannot be filtered by `where`.
        """
        if where is not None:
            raise UserError(
                f"{self._gallery.name}: only a gallery on disk can be filtered; make one with "
                "`xshot index FOLDER --store lance`"
            )
        places, scores = top_k(self.query(feature, system, asked), self.items(system, found), k)
        shown = self._gallery.pictures if found == "image" else None
        return (places[0] if shown is None else shown[places[0]]), scores[0]

    def prepare(self) -> None:
        """Embed the gallery now, so that no query has to wait for it."""
        for modality in SIDES:
            if modality in self._gallery.features:
                self.items("model", modality)

    def _embedded(self, features: Matrix, modality: Modality) -> Matrix | CompactRows:
        blocks = self._blocks(features, modality)
        known = self.embedder.coordinates
        if known is not None and self.embedder.joined and len(known[0].is_target) > MOST_CLASSES:
            return CompactRows.of(blocks, features.shape[1])
        first = next(blocks)
        if len(first) == len(features):
            return first
        embedded = np.empty((len(features), first.shape[1]), np.float32)
        embedded[: len(first)] = first
        for number, block in enumerate(blocks, 1):
            embedded[number * BLOCK_ROWS :][: len(block)] = block
        return embedded

    def _blocks(self, features: Matrix, modality: Modality) -> Iterator[Matrix]:
        for start in range(0, max(1, len(features)), BLOCK_ROWS):
            yield embed(self.embedder, features[start : start + BLOCK_ROWS], modality)


def query_of(embedder: Embedder, feature: Matrix, system: System, modality: Modality) -> Matrix:
    """(Q, D) CLIP features of queries -> (Q, E), as an embedder or raw CLIP sees them."""
    if system == "clip":
        return feature
    query = embed(embedder, feature, modality)
    if embedder.joined:
        # What makes up for unit norm counts in no similarity, that of two images included.
        query[:, -2:] = 0
    return query


def embed(embedder: Embedder, features: Matrix, modality: Modality) -> Matrix:
    """(N, D) CLIP features of images or of texts -> (N, E)."""
    return embedder.embed_image(features) if modality == "image" else embedder.embed_text(features)
