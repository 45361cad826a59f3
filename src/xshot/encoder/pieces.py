"""Features of pieces to features of texts: a text in sentences is their mean, re-normalised."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xshot.encoder.texts import Piece, TextBatch

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class EncodedTexts:
    """Texts all of whose pieces are encoded.

    Attributes:
        rows: which of the texts these are.
        features: (B, D) float32, unit norm.
        long: of each, whether it is longer than the context.
        cut: pieces encoded since the last texts that are longer than the context themselves.
    """

    rows: tuple[int, ...]
    features: Matrix
    long: tuple[bool, ...]
    cut: int


def join_pieces(encoded: Iterable[tuple[TextBatch, Matrix]]) -> Iterator[EncodedTexts]:
    """After each batch the texts that it completes, if any.

    The mean is taken in the order of the sentences, whichever of them came first.
    """
    waiting: dict[int, dict[int, Matrix]] = {}
    cut = 0
    for batch, features in encoded:
        done: list[tuple[Piece, Matrix]] = []
        cut += sum(piece.truncated for piece in batch.pieces)
        for piece, feature in zip(batch.pieces, features, strict=True):
            if piece.pieces == 1:
                done.append((piece, feature))
                continue
            parts = waiting.setdefault(piece.row, {})
            parts[piece.number] = feature
            if len(parts) == piece.pieces:
                del waiting[piece.row]
                done.append((piece, _mean(parts)))
        if done:
            yield EncodedTexts(
                rows=tuple(piece.row for piece, _ in done),
                features=np.stack([feature for _, feature in done]),
                long=tuple(piece.long for piece, _ in done),
                cut=cut,
            )
            cut = 0


def _mean(parts: dict[int, Matrix]) -> Matrix:
    mean = np.mean([parts[number] for number in sorted(parts)], axis=0, dtype=np.float64)
    return np.asarray(mean / np.linalg.norm(mean), np.float32)
