"""Rows of one picture, joined: a picture carries the labels of all its rows.

A picture is a file. Files of equal bytes are one picture where they carry equal labels; with other
labels they stay apart, as *twins*, which only the draws of splits and episodes hold together: one
of the labels may be wrong, and nobody knows which.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from xshot.datasets.rows import Row


@dataclass(frozen=True)
class Joined:
    """Rows whose pictures are told apart.

    Attributes:
        rows: in the order given; of rows that were alike in picture, text and split the first.
        twins: picture -> the first one of the same bytes, though of other labels.
        notes: what was joined and what could not be, with an example each.
    """

    rows: list[Row]
    twins: dict[str, str]
    notes: list[str]


def join_rows(rows: Sequence[Row], same_bytes: Iterable[Sequence[str]], *, repeats: bool) -> Joined:
    """Give every row its picture's labels, and every picture one name.

    Args:
        rows: as the adapter gives them.
        same_bytes: groups of images with equal bytes, each in the order of the rows.
        repeats: keep rows that repeat the picture and the text of another.
    """
    labels, notes = _picture_labels(rows)
    names: dict[str, str] = {}
    twins: dict[str, str] = {}
    for group in same_bytes:
        first: dict[frozenset[str], str] = {}
        for image in group:
            names[image] = first.setdefault(frozenset(labels[image]), image)
        twins.update((image, group[0]) for image in first.values() if image != group[0])
    notes += _same_bytes_notes(names, twins, labels)
    joined, repeated = [], 0
    seen: dict[tuple[str, str, str | None], str] = {}
    for row in rows:
        # By its own name: another name is another row, though of the same picture.
        if not repeats and seen.setdefault((row.image, row.text, row.split), row.id) != row.id:
            repeated += 1
            continue
        name = names.get(row.image, row.image)
        joined.append(row._replace(image=name, labels=labels[name]))
    if repeated:
        notes.append(
            f"{repeated} rows repeat the picture and the text of another; they are left out"
        )
    return Joined(joined, twins, notes)


def _picture_labels(rows: Sequence[Row]) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Labels of each picture, in the order of its rows, and what is to be said of them."""
    labels: dict[str, dict[str, None]] = defaultdict(dict)
    for row in rows:
        labels[row.image].update(dict.fromkeys(row.labels))
    joined = {image: tuple(own) for image, own in labels.items()}
    differing = dict.fromkeys(
        row.image for row in rows if len(joined[row.image]) != len(set(row.labels))
    )
    if not differing:
        return joined, []
    image = next(iter(differing))
    return joined, [
        f"{_count(differing, 'picture stands', 'pictures stand')} in several rows with different "
        f"labels, which are joined, as if written {'|'.join(joined[image])!r} in every row of "
        f"{image!r}"
    ]


def _same_bytes_notes(
    names: Mapping[str, str], twins: Mapping[str, str], labels: Mapping[str, tuple[str, ...]]
) -> list[str]:
    notes = []
    renamed = {image: name for image, name in names.items() if image != name}
    if renamed:
        image, name = next(iter(renamed.items()))
        notes.append(
            f"{_count(renamed, 'picture has', 'pictures have')} the same bytes and labels as "
            f"another and are taken for the same picture: {image!r} as {name!r}"
        )
    if twins:
        image, other = next(iter(twins.items()))
        notes.append(
            f"{_count(twins, 'picture has', 'pictures have')} the same bytes as another with "
            f"different labels: {image!r} ({'|'.join(labels[image])}) as {other!r} "
            f"({'|'.join(labels[other])}); mend the labels or leave such pictures out"
        )
    return notes


def _count(things: Mapping[str, object], one: str, several: str) -> str:
    return f"{len(things)} {one if len(things) == 1 else several}"
