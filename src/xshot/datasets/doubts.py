"""What is odd about classes and texts, though they are taken as they are: a note for each."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from xshot.datasets.lookalikes import lookalikes
from xshot.datasets.rows import Row

_EMPTY = frozenset(
    {"nan", "none", "null", "(null)", "nil", "undefined", "\\n", "n/a", "#n/a", "<na>", "nat"}
    | {"#value!", "#ref!", "#name?", "#div/0!", "#num!", "#null!"}
)
"""Words that programs write for an empty cell."""
_LOST = "\ufffd"
_MAY_BE_SPOILT = re.compile(f"[\u00c2-\u00f4][^\\x00-\\x7f]|{_LOST}")
"""A character of several bytes, each read as one; words are looked at only where there is one."""
_OF: dict[str, Callable[[Row], Iterable[str]]] = {
    "class": lambda row: row.labels,
    "text": lambda row: (row.text,),
}


def doubts(rows: Sequence[Row]) -> Iterator[str]:
    """A note for each kind of doubt about the rows' classes and texts."""
    names = sorted({label for row in rows for label in row.labels})
    yield from _about_names(names)
    if names == ["0", "1"] and any(len(row.labels) > 1 for row in rows):
        yield (
            "the only classes are '0' and '1', and rows carry both, as if labels were lists of "
            "zeros and ones; write the names of the classes that a row carries"
        )
    for what, words_of in _OF.items():
        words = [word for row in rows for word in words_of(row)]
        if found := [word for word in words if word.lower() in _EMPTY]:
            yield (
                f"{len(found)} rows have the {what} {found[0]!r}, as programs write an empty cell; "
                f"fill in the {what} or leave such rows out"
            )
        if found := [word for word in map(_spoilt, words) if word]:
            yield (
                f"{len(found)} rows have a {what} that was read in a wrong encoding before, such "
                f"as {found[0]!r}; write the {what} anew from where it comes from"
            )


def _about_names(names: Sequence[str]) -> Iterator[str]:
    if groups := lookalikes(names):
        alike = " and ".join(map(repr, groups[0]))
        yield (
            f"{sum(map(len, groups))} class names look like another, but count as different "
            f"classes: {alike}; write one name in one way"
        )
    if joined := joined_names(names):
        yield (
            f"{len(joined)} class names may be several in one, such as {joined[0]!r}; separate "
            "the labels of a row by '|'"
        )


def joined_names(names: Iterable[str]) -> list[str]:
    """Names made of names that stand elsewhere, too: `cat, dog` or `[cat; dog]` beside `dog`."""
    parts = {
        name: [part.strip() for part in re.split("[,;]", name.strip("[](){} "))] for name in names
    }
    uses = Counter(part for own in parts.values() for part in set(own))
    return [
        name
        for name, own in parts.items()
        if len(own) > 1 and all(part and uses[part] > 1 for part in own)
    ]


def _spoilt(text: str) -> str:
    """The first word whose bytes were UTF-8 and read as Windows-1252, or lost; "" = none."""
    return next(filter(_is_spoilt, text.split()), "") if _MAY_BE_SPOILT.search(text) else ""


def _is_spoilt(word: str) -> bool:
    try:
        return word.encode("windows-1252").decode("utf-8") != word
    except UnicodeError:
        return _LOST in word
