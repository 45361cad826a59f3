"""Examples as the template shows them: pictures, shortened texts, names of classes."""

from dataclasses import dataclass

from xshot.report.gallery import Example
from xshot.report.outcome import Outcome
from xshot.report.pairs import Pairs
from xshot.report.thumbnails import thumbnail
from xshot.shortening import shorten

TEXT_LENGTH = 90
QUERY_LENGTH = 300


@dataclass(frozen=True)
class Card:
    """One row in a gallery.

    Attributes:
        classes: its classes' names.
        text: shortened.
        alt: what the picture shows, for those who do not see it.
        thumbnail: `data:` URI; None where texts are shown, or the picture cannot be read.
        right: shares a class with the query.
    """

    classes: tuple[str, ...]
    text: str
    alt: str
    thumbnail: str | None
    right: bool


@dataclass(frozen=True)
class ExampleCards:
    """An `Example`, ready to show."""

    direction: str
    place: str
    ap: dict[str, float]
    query: Card
    answers: dict[str, list[Card]]

    @property
    def right(self) -> dict[str, int]:
        """How many answers are right, by system."""
        return {system: sum(card.right for card in cards) for system, cards in self.answers.items()}


def example_cards(example: Example, outcome: Outcome, pairs: Pairs) -> ExampleCards:
    """Look up what an example's rows show."""
    images_ask = example.direction == "i2t"
    return ExampleCards(
        direction=example.direction,
        place=example.place,
        ap=example.ap,
        query=_card(example.row, True, outcome, pairs, picture=images_ask, length=QUERY_LENGTH),
        answers={
            system: [
                _card(answer.row, answer.right, outcome, pairs, picture=not images_ask)
                for answer in answers
            ]
            for system, answers in example.answers.items()
        },
    )


def _card(
    row: int,
    right: bool,
    outcome: Outcome,
    pairs: Pairs,
    *,
    picture: bool,
    length: int = TEXT_LENGTH,
) -> Card:
    names = zip(outcome.classes, outcome.labels[row], strict=True)
    return Card(
        classes=tuple(name for name, has in names if has),
        text=shorten(pairs.texts[row], length),
        alt=shorten(pairs.texts[row], TEXT_LENGTH),
        thumbnail=thumbnail(pairs.images[row]) if picture else None,
        right=right,
    )
