"""Class names that a reader takes for the same, though they are two classes."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

_NUMBER = re.compile(r"([0-9]{1,99})(\.0*)?")
"""Whole numbers, which one program writes as 7, others as 7.0 and 07."""


def lookalikes(names: Iterable[str]) -> list[list[str]]:
    """Groups of names that differ in case, spaces, Unicode form or invisible characters only.

    Whole numbers in several spellings look alike, too.
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for name in sorted(names):
        groups[_seen(name)].append(name)
    return [group for group in groups.values() if len(group) > 1]


def _seen(name: str) -> str:
    """What a reader sees of a name."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    # Format characters (category Cf) have no width: joiners, marks of direction, soft hyphens.
    visible = "".join(char for char in folded if unicodedata.category(char) != "Cf")
    # Folding may undo the form: once more.
    seen = " ".join(unicodedata.normalize("NFKC", visible).split())
    return str(int(match[1])) if (match := _NUMBER.fullmatch(seen)) else seen
