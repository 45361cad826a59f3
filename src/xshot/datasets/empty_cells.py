"""Words that programs write for an empty cell, found where a text or a class is meant."""

from collections.abc import Callable, Iterable, Iterator

from xshot.datasets.rows import Row

_WORDS = frozenset({"nan", "none", "null", "n/a", "#n/a", "<na>", "#value!", "#ref!", "#name?"})


def empty_cells(rows: Iterable[Row]) -> Iterator[str]:
    """A note for labels and one for texts that say no more than that nothing was there."""
    rows = list(rows)
    of: tuple[tuple[str, Callable[[Row], Iterable[str]]], ...] = (
        ("class", lambda row: row.labels),
        ("text", lambda row: (row.text,)),
    )
    for what, words in of:
        found = [word for row in rows for word in words(row) if word.lower() in _WORDS]
        if found:
            yield (
                f"{len(found)} rows have the {what} {found[0]!r}, as programs write an empty cell; "
                f"fill in the {what} or leave such rows out"
            )
