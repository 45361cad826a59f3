"""From `data.name` and `data.root` to a checked manifest."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from xshot.datasets import (
    coco_captions,
    imported,
    manifest,
    nus_wide,
    openmoji,
    pascal_sentence,
    wikipedia,
    xmedianet,
)
from xshot.datasets.doubts import doubts
from xshot.datasets.growing import known_sides
from xshot.datasets.images import check_images
from xshot.datasets.joining import Joined, join_rows
from xshot.datasets.overlaps import Overlaps, overlap_note, shared_pictures
from xshot.datasets.params import DatasetName
from xshot.datasets.rows import Row
from xshot.datasets.same_bytes import same_bytes
from xshot.datasets.split import draw_split
from xshot.errors import UserError
from xshot.namesakes import hint
from xshot.store.manifest import Manifest, check_manifest

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Adapter:
    """How to read a dataset.

    Attributes:
        read: the root and `data.split_seed` (for datasets that are drawn) to rows.
        pairs: how many rows the published dataset has, where that is known.
        pictures: whether every row must have one.
        classes: the dataset's own order of its classes, if it has one.
    """

    read: Callable[[Path, int], list[Row]]
    pairs: int | None = None
    pictures: bool = True
    classes: Callable[[Path], Sequence[str]] | None = None


ADAPTERS: dict[DatasetName, Adapter] = {
    "openmoji": Adapter(lambda root, _: openmoji.read(root)),
    "manifest": Adapter(lambda root, _: manifest.read(root)),
    "wikipedia": Adapter(
        lambda root, _: wikipedia.read(root), wikipedia.PAIRS, classes=wikipedia.classes
    ),
    "pascal_sentence": Adapter(lambda root, _: pascal_sentence.read(root), pascal_sentence.PAIRS),
    "nus_wide": Adapter(lambda root, _: nus_wide.read(root), classes=nus_wide.concepts),
    "nus_wide_10k": Adapter(nus_wide.read_10k, nus_wide.PAIRS_10K, classes=nus_wide.concepts),
    "nus_wide_81": Adapter(lambda root, _: nus_wide.read_81(root), classes=nus_wide.concepts),
    "xmedianet": Adapter(
        lambda root, _: xmedianet.read(root), xmedianet.PAIRS, classes=xmedianet.classes
    ),
    "coco_captions": Adapter(
        lambda root, _: coco_captions.read(root), classes=coco_captions.classes
    ),
    imported.NAME: Adapter(
        lambda root, _: imported.read(root), pictures=False, classes=imported.classes
    ),
}


def build_manifest(
    name: DatasetName,
    root: Path,
    *,
    split_seed: int,
    test_fraction: float,
    min_test: int,
    overlaps: Overlaps = "keep",
    before: Manifest | None = None,
) -> Manifest:
    """Read a dataset, look at every picture, join its rows, and split it if it brings no split.

    A picture with an unknown header is only warned of: `extract` decodes it and follows
    `data.on_bad_image`.

    Args:
        name: `data.name`.
        root: `data.root`.
        split_seed: draws the split.
        test_fraction: share of each class that is test.
        min_test: test pictures of a class, at least.
        overlaps: what becomes of pictures that a given split has in both parts.
        before: what this data set gave before, if that is known: its pictures keep their side of a
            drawn split.

    Raises:
        UserError: the folder is absent, or naming the file and row that is malformed.
    """
    if not root.is_dir():
        remedy = "run `dvc repro`, which builds it," if name == "openmoji" else "put it there"
        raise UserError(
            f"{root}: no such folder for the dataset {name!r}{hint(root)}; {remedy} or mend "
            "data.root"
        )
    adapter = ADAPTERS[name]
    rows = adapter.read(root, split_seed)
    if adapter.pairs not in (None, len(rows)):
        _log.warning(
            "%s: %d pairs, but the published %s has %d; is the copy whole?",
            root,
            len(rows),
            name,
            adapter.pairs,
        )
    given = _given_splits(root, rows)
    # Before a split is drawn, whose streams are named after classes: a name must be text.
    result = _checked(root, rows, given or ["train"] * len(rows))
    alike: list[list[str]] = []
    if adapter.pictures:
        rows = _looked_at(root, rows)
        alike = same_bytes(root, list(dict.fromkeys(row.image for row in rows)))
    # Where there are no pictures, rows of equal texts have features of their own all the same.
    result = _joined(root, join_rows(rows, alike, repeats=not adapter.pictures), overlaps)
    if not given:
        settings = (name, split_seed, test_fraction, min_test)
        result = replace(result, drawn=dict(zip(_DRAWN, map(str, settings), strict=True)))
        drawn = draw_split(
            result.pictures,
            result.labels,
            seed=split_seed,
            test_fraction=test_fraction,
            min_test=min_test,
            known=known_sides(result, before),
        )
        result = replace(result, splits=tuple(drawn))
    if adapter.classes is not None:
        result = replace(result, classes=tuple(adapter.classes(root)))
    for note in result.notes:
        _log.warning("%s: %s", root, note)
    return result


_DRAWN = ("name", "split_seed", "test_fraction", "min_test")


def _checked(root: Path, rows: list[Row], splits: list[str]) -> Manifest:
    result = Manifest(
        ids=tuple(row.id for row in rows),
        images=tuple(row.image for row in rows),
        texts=tuple(row.text for row in rows),
        labels=tuple(row.labels for row in rows),
        splits=tuple(splits),
    )
    check_manifest(result, source=root)
    return result


def _joined(root: Path, joined: Joined, overlaps: Overlaps) -> Manifest:
    """The rows by picture, with all that is odd about them noted; without a split all are train."""
    kept, notes = joined.rows, joined.notes
    shared = shared_pictures(kept, joined.twins)
    if shared:
        notes.append(overlap_note(shared, overlaps))
        if overlaps == "drop":
            kept = [row for row in kept if row.split == "test" or row.image not in shared]
    notes.extend(doubts(kept))
    result = _checked(root, kept, [row.split or "train" for row in kept])
    return replace(result, twins=joined.twins, notes=tuple(notes))


def _given_splits(root: Path, rows: list[Row]) -> list[str]:
    """The dataset's own split; empty if it brings none."""
    given = [row.split for row in rows if row.split is not None]
    if given and len(given) < len(rows):
        place, row = next((i, row) for i, row in enumerate(rows) if row.split is None)
        raise UserError(
            f"{root}: row {place + 1} (id {row.id!r}) has no split, but others have; "
            "give every row a split or none"
        )
    return given


def _looked_at(root: Path, rows: list[Row]) -> list[Row]:
    """The rows, pictures' names as the folder spells them; warns of what is no picture."""
    look = check_images(root, [row.image for row in rows], [row.id for row in rows])
    if look.suspects:
        first, what = next(iter(look.suspects.items()))
        _log.warning(
            "%s: %d of %d pictures have no known image header, the first in row %d: %s%s; "
            "extract will treat them as data.on_bad_image says",
            root,
            len(look.suspects),
            len(rows),
            first + 1,
            rows[first].image,
            f" ({what})" if what else "",
        )
    spelt = look.spelt
    return [row._replace(image=spelt.get(at, row.image)) for at, row in enumerate(rows)]
