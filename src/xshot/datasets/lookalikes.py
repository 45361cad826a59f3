"""Class names that a reader takes for the same, though they are two classes."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable


def lookalikes(names: Iterable[str]) -> list[list[str]]:
    """Groups of names that differ in case, spaces, Unicode form or invisible characters only."""
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
    return " ".join(unicodedata.normalize("NFKC", visible).split())
