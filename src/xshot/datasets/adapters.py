"""From `data.name` and `data.root` to a checked manifest."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from xshot.datasets import (
    imported,
    manifest,
    nus_wide,
    openmoji,
    pascal_sentence,
    wikipedia,
    xmedianet,
)
from xshot.datasets.images import check_images
from xshot.datasets.params import DatasetName
from xshot.datasets.rows import Row
from xshot.datasets.split import draw_split
from xshot.errors import UserError
from xshot.store.manifest import Manifest, check_manifest

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Adapter:
    """How to read a dataset.

    Attributes:
        read: the root and `data.split_seed` (for datasets that are drawn) to rows.
        pairs: how many rows the published dataset has, where that is known.
        pictures: whether every row must have one.
    """

    read: Callable[[Path, int], list[Row]]
    pairs: int | None = None
    pictures: bool = True


ADAPTERS: dict[DatasetName, Adapter] = {
    "openmoji": Adapter(lambda root, _: openmoji.read(root)),
    "manifest": Adapter(lambda root, _: manifest.read(root)),
    "wikipedia": Adapter(lambda root, _: wikipedia.read(root), wikipedia.PAIRS),
    "pascal_sentence": Adapter(lambda root, _: pascal_sentence.read(root), pascal_sentence.PAIRS),
    "nus_wide": Adapter(lambda root, _: nus_wide.read(root)),
    "nus_wide_10k": Adapter(nus_wide.read_10k, nus_wide.PAIRS_10K),
    "nus_wide_81": Adapter(lambda root, _: nus_wide.read_81(root)),
    "xmedianet": Adapter(lambda root, _: xmedianet.read(root), xmedianet.PAIRS),
    imported.NAME: Adapter(lambda root, _: imported.read(root), pictures=False),
}


def build_manifest(
    name: DatasetName, root: Path, *, split_seed: int, test_fraction: float, min_test: int
) -> Manifest:
    """Read a dataset, split it if it brings no split, and look at every picture.

    A picture with an unknown header is only warned of: `extract` decodes it and follows
    `data.on_bad_image`.

    Raises:
        UserError: the folder is absent, or naming the file and row that is malformed.
    """
    if not root.is_dir():
        remedy = "run `dvc repro`, which builds it," if name == "openmoji" else "put it there"
        raise UserError(
            f"{root}: no such folder for the dataset {name!r}; {remedy} or mend data.root"
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
    if given:
        _warn_of_leaks(root, result)
    else:
        drawn = draw_split(
            result.images,
            result.labels,
            seed=split_seed,
            test_fraction=test_fraction,
            min_test=min_test,
        )
        result = replace(result, splits=tuple(drawn))
    if adapter.pictures:
        _warn_of_suspects(root, result)
    return result


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


def _warn_of_leaks(root: Path, rows: Manifest) -> None:
    """Pictures that a given split has in both parts; it is kept, as it may be a published one."""
    own: dict[str, str] = {}
    leaked: dict[str, int] = {}  # picture -> the first row that is in the other part
    for row, (image, split) in enumerate(zip(rows.images, rows.splits, strict=True)):
        if own.setdefault(image, split) != split:
            leaked.setdefault(image, row)
    if leaked:
        image, row = next(iter(leaked.items()))
        _log.warning(
            "%s: %d pictures are in train and in test, the first in row %d: %s; metrics count them "
            "as unseen; give all rows of a picture one split, unless the split is a published one",
            root,
            len(leaked),
            row + 1,
            image,
        )


def _warn_of_suspects(root: Path, rows: Manifest) -> None:
    suspects = check_images(root, rows.images, rows.ids)
    if suspects:
        first = suspects[0]
        _log.warning(
            "%s: %d of %d pictures have no known image header, the first in row %d: %s; "
            "extract will treat them as data.on_bad_image says",
            root,
            len(suspects),
            len(rows),
            first + 1,
            rows.images[first],
        )
