"""Texts of any script cut to a length, at characters as a reader sees them."""

import regex
from wcwidth import wcswidth

# A grapheme cluster (UAX #29): a letter with all its marks, a flag, a family emoji.
_CHARACTER = regex.compile(r"\X")
_MARKS = 8
"""Code points of a character, on average, beyond which a text is cut whatever it is made of."""
_WORD = 20
"""Characters that a cut goes back at most to spare a word; many scripts write no spaces."""


def shorten(text: str, length: int) -> str:
    """The text in one line of at most `length` characters and then "…", if it is longer."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    start = line[: length * _MARKS]
    found = [match.span() for match in _CHARACTER.finditer(start)]
    if len(found) <= length and len(start) == len(line):
        return line
    kept = start[: found[min(length, len(found)) - 1][1]]
    space = kept.rfind(" ", max(0, len(kept) - _WORD))
    if space > 0 and line[len(kept) : len(kept) + 1] != " ":
        kept = kept[:space]
    return f"{kept.rstrip()}…"


def pad(text: str, width: int) -> str:
    """The text and as many spaces as make it `width` columns of a terminal."""
    return text + " " * (width - columns(text))


def columns(text: str) -> int:
    """How many columns of a terminal the text takes: two a Chinese character, none a mark."""
    return max(0, wcswidth(text))
