"""Arrays of pairs as the pipeline's tables: a manifest, and features by id."""

import logging
from collections import Counter
from dataclasses import dataclass

import numpy as np

from xshot.datasets.joining import join_rows
from xshot.datasets.rows import Row
from xshot.errors import UserError
from xshot.imports.labels import Names
from xshot.imports.unit import Matrix
from xshot.model.arrays import ArrayLike, as_array, feature_rows
from xshot.model.labels import rows_of_names
from xshot.store.features import Features
from xshot.store.manifest import SPLITS, Manifest, check_manifest

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pairs:
    """Labelled pairs in memory.

    Attributes:
        manifest: of the rows that have a label; pictures are called by their first row.
        features: of the same rows.
    """

    manifest: Manifest
    features: Features

    def read(self, ids: tuple[str, ...]) -> Features:
        """The features of `ids`, in that order."""
        place = {row: index for index, row in enumerate(self.features.ids)}
        rows = [place[row] for row in ids]
        return Features(ids, self.features.image[rows], self.features.text[rows])


def make_pairs(
    images: ArrayLike,
    texts: ArrayLike,
    labels: ArrayLike,
    class_names: Names,
    *,
    ids: ArrayLike | None,
    split: ArrayLike | None,
    dimensions: int,
    source: str,
) -> Pairs:
    """Check the arrays of pairs and put them together.

    Args:
        images: (N, D) features of any norm.
        texts: (N, D) features of any norm; row i belongs to image row i.
        labels: as `rows_of_names` takes them.
        class_names: of all classes.
        ids: (N,) what the rows' pictures are called; rows with one id are one picture with several
            texts. None = every row has a picture of its own.
        split: (N,) `train` or `test`; None = all are train.
        dimensions: D.
        source: who asks, for messages.

    Raises:
        UserError: naming the argument and row that does not fit.
    """
    image, text = (
        feature_rows(values, what, [], dimensions=dimensions)
        for values, what in ((images, "images"), (texts, "texts"))
    )
    if len(image) != len(text):
        raise UserError(
            f"{len(image)} images and {len(text)} texts; row i of both must be pair i: repeat the "
            "image of a picture with several texts, with its id"
        )
    names = rows_of_names(labels, class_names, len(image))
    pictures = _pictures(ids, image)
    splits = _splits(split, pictures)
    kept = [row for row, own in enumerate(names) if own]
    uses: Counter[str] = Counter()
    rows = []
    for row in kept:
        uses[pictures[row]] += 1
        again = f"#{uses[pictures[row]]}" if uses[pictures[row]] > 1 else ""
        rows.append(Row(pictures[row] + again, pictures[row], "text", names[row], splits[row]))
    joined = join_rows(rows, (), repeats=True)
    notices = list(joined.notes)
    if len(kept) < len(names):
        notices.append(f"{len(names) - len(kept)} rows without a label are left out")
    for notice in notices:
        _LOG.warning("%s: %s", source, notice)
    manifest = _manifest(joined.rows, class_names)
    check_manifest(manifest, source=source)
    return Pairs(manifest, Features(tuple(manifest.ids), image[kept], text[kept]))


def _manifest(rows: list[Row], class_names: Names) -> Manifest:
    number: dict[str, str] = {}  # any name is fine as an id, but not as a path
    return Manifest(
        ids=tuple(row.id for row in rows),
        images=tuple(number.setdefault(row.image, str(len(number))) for row in rows),
        texts=tuple(row.text for row in rows),
        labels=tuple(row.labels for row in rows),
        splits=tuple(str(row.split) for row in rows),
        classes=class_names,
    )


def _pictures(ids: ArrayLike | None, image: Matrix) -> list[str]:
    """The name of each row's picture."""
    if ids is None:
        return [f"row-{row:06d}" for row in range(len(image))]
    names = [str(one).strip() for one in as_array(ids, "ids").ravel()]
    if len(names) != len(image):
        raise UserError(f"ids: {len(names)} for {len(image)} rows; give one for each")
    first: dict[str, int] = {}
    rows = np.array([first.setdefault(name, row) for row, name in enumerate(names)], np.int64)
    other = np.flatnonzero((image != image[rows]).any(axis=1))
    if other.size:
        row = int(other[0])
        raise UserError(
            f"ids: rows {rows[row] + 1} and {row + 1} are both {names[row]!r}, but other image "
            "features; rows of one id are one picture with several texts"
        )
    return names


def _splits(split: ArrayLike | None, pictures: list[str]) -> list[str]:
    if split is None:
        return ["train"] * len(pictures)
    splits = [str(one) for one in as_array(split, "split").ravel()]
    if len(splits) != len(pictures):
        raise UserError(f"split: {len(splits)} for {len(pictures)} rows; give one for each")
    first: dict[str, str] = {}
    for row, (picture, own) in enumerate(zip(pictures, splits, strict=True)):
        if own not in SPLITS:
            raise UserError(f"split: row {row + 1} is {own!r}; write {' or '.join(SPLITS)}")
        if first.setdefault(picture, own) != own:
            raise UserError(
                f"split: picture {picture!r} is in train and in test; give all its rows one"
            )
    return splits
