"""Arrays with roles to a dataset: pairs, their features and those of the classes."""

from dataclasses import dataclass
from pathlib import PureWindowsPath

import numpy as np

from xshot.datasets.rows import Row
from xshot.errors import UserError
from xshot.imports.classes import Encode, read_classes
from xshot.imports.pictures import spread
from xshot.imports.roles import Kind
from xshot.imports.sides import LEAVE_OUT, Roles, Side, pair_sides
from xshot.imports.unit import unit_rows
from xshot.store.features import ClassFeatures, Features
from xshot.store.manifest import Manifest, check_manifest


@dataclass(frozen=True)
class Imported:
    """A dataset without pictures.

    Attributes:
        rows: pairs in the order of the arrays, train first where they are two.
        features: theirs, unit norm.
        classes: of every class that a row carries.
        order: names of all classes, in the order that the arrays give them.
        notices: what was done to the data.
    """

    rows: list[Row]
    features: Features
    classes: ClassFeatures
    order: tuple[str, ...]
    notices: tuple[str, ...]


def make_dataset(roles: Roles, encode_names: Encode | None) -> Imported:
    """Put a dataset together.

    Args:
        roles: as `assign` gives them.
        encode_names: class names to (C, D) features, for files that have none of the classes; None
            = such a file is refused. (Means of the rows' own features would be no substitute: they
            give away the labels of target rows.)

    Raises:
        UserError: something is missing or does not fit, or a row breaks a rule of `check_manifest`.
    """
    notices: list[str] = []
    roles = spread(roles)
    sides = pair_sides(roles)
    (image, splits), text = sides["image"], sides["text"].array
    labels, classes, order = read_classes(roles, sides["labels"].array, encode_names, notices)
    if classes.features.shape[1] != image.shape[1]:
        raise UserError(
            f"class features of {classes.features.shape[1]} dimensions, rows of {image.shape[1]}; "
            "all must come from one encoder"
        )
    kept = np.array([row for row, own in enumerate(labels) if own], np.int64)
    if len(kept) < len(labels):
        notices.append(f"{len(labels) - len(kept)} rows without a label are left out")
    captions = _strings(sides, "captions") or list(map(" and ".join, labels))
    ids = _strings(sides, "ids") or [
        f"{split or 'row'}-{row:06d}" for row, split in enumerate(splits)
    ]
    pictures = _pictures(sides, notices) or ids
    rows = [
        Row(ids[row], _picture(pictures[row]), captions[row], labels[row], splits[row])
        for row in kept.tolist()
    ]
    _check(rows)
    return Imported(
        rows=rows,
        features=Features(
            ids=tuple(ids[row] for row in kept),
            image=unit_rows(image[kept], "image features", notices),
            text=unit_rows(text[kept], "text features", notices),
        ),
        classes=classes,
        order=order,
        notices=tuple(notices),
    )


def _check(rows: list[Row]) -> None:
    """Refuse now what `prepare` would refuse later; captions are made of labels, so after them."""
    _check_rows([row._replace(text="text", labels=("class",)) for row in rows], LEAVE_OUT["ids"])
    _check_rows([row._replace(text="text") for row in rows], "")
    _check_rows(rows, LEAVE_OUT["captions"])


def _check_rows(rows: list[Row], remedy: str) -> None:
    ids, images, texts, labels, splits = zip(*rows, strict=True)
    drawn = tuple(split or "train" for split in splits)
    try:
        check_manifest(Manifest(ids, images, texts, labels, drawn), source="rows to import")
    except UserError as error:
        raise UserError(f"{error}{remedy}") from None


def _picture(id_: str) -> str:
    """Where a row's picture may lie: at its id, or at a name of its own if that is no such path."""
    path = PureWindowsPath(id_)  # any system's
    if path.root or ".." in path.parts:
        return "id=" + id_.replace("/", "%2F").replace("\\", "%5C")
    return id_


def _pictures(sides: dict[Kind, Side], notices: list[str]) -> list[str] | None:
    """The name of each row's picture, if several rows have one.

    Ids that rows of different image features share say something else and are not used.
    """
    if "pictures" not in sides:
        return None
    array, image = sides["pictures"].array, sides["image"].array
    names = [str(one if array.dtype.kind == "U" else int(one)).strip() for one in array]
    first: dict[str, int] = {}
    rows = np.array([first.setdefault(name, row) for row, name in enumerate(names)], np.int64)
    other = np.flatnonzero((image != image[rows]).any(axis=1))
    if other.size:
        notices.append(
            f"ids of images are not used to tell pictures: rows {rows[other[0]] + 1} and "
            f"{other[0] + 1} have one, but other image features"
        )
        return None
    return names


def _strings(sides: dict[Kind, Side], kind: Kind) -> list[str] | None:
    if kind not in sides:
        return None
    array = sides[kind].array
    if array.ndim != 1:
        raise UserError(f"{kind}: {array.shape[-1]} a row; keep one{LEAVE_OUT[kind]}")
    # `prepare` drops the space around a string, and must find the row by its id.
    return [str(value).strip() for value in array]
