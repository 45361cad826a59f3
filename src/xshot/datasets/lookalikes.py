"""Class names that a reader takes for the same, though they are two classes."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from decimal import Context

_NUMBER = re.compile(r"[+-]?[0-9]{1,99}([.,][0-9]{0,99})?(e[+-]?[0-9]{1,3})?")
"""Numbers, which one program writes as 7, others as 7.0, 7,0, 07 and 7e0."""
_EXACT = Context(prec=200)


def lookalikes(names: Iterable[str]) -> list[list[str]]:
    """Groups of names that differ in case, spaces, Unicode form or invisible characters only.

    Numbers in several spellings look alike, too.
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
    if not _NUMBER.fullmatch(seen):
        return seen
    return str(_EXACT.create_decimal(seen.replace(",", ".")).normalize(_EXACT))
