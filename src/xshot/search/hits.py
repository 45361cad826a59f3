"""The rows of an answer, with what a gallery tells of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from xshot.search.gallery import Gallery

Guess = tuple[str | None, float]
"""A class and its posterior probability; (None, 0) of a model that knows no classes."""


@dataclass(frozen=True)
class Hit:
    """One row of an answer.

    Attributes:
        row: its place in the gallery.
        score: inner product with the query; comparable within one answer only. Of a suggestion the
            probability that it is a member.
        image: path relative to the gallery's root.
        text: caption; empty in a folder of images.
        labels: its classes; empty in a folder of images.
        guess: the class that the model takes it for; None without class-posterior coordinates.
        confidence: that class's posterior probability; 0 without.
    """

    row: int
    score: float
    image: str
    text: str
    labels: tuple[str, ...]
    guess: str | None
    confidence: float


def hits_of(
    gallery: Gallery, rows: Sequence[int], scores: Iterable[float], guesses: Iterable[Guess]
) -> list[Hit]:
    """The hits at `rows` of the gallery."""
    return [
        Hit(
            row=row,
            score=score,
            image=told.image,
            text=told.text,
            labels=told.labels,
            guess=guess,
            confidence=confidence,
        )
        for row, told, score, (guess, confidence) in zip(
            rows, gallery.told(rows), scores, guesses, strict=True
        )
    ]
