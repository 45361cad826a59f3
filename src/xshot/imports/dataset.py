"""Arrays with roles to a dataset: pairs, their features and those of the classes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xshot.datasets.rows import Row
from xshot.errors import UserError
from xshot.imports.labels import label_names
from xshot.imports.roles import Kind, Role
from xshot.imports.sides import Roles, Side, pair_sides
from xshot.store.features import NORM_TOLERANCE, ClassFeatures, Features

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Imported:
    """A dataset without pictures.

    Attributes:
        rows: pairs in the order of the arrays, train first where they are two.
        features: theirs, unit norm.
        classes: of every class that a row carries.
        notices: what was done to the data.
    """

    rows: list[Row]
    features: Features
    classes: ClassFeatures
    notices: tuple[str, ...]


def make_dataset(roles: Roles, encode_names: Callable[[list[str]], Matrix] | None) -> Imported:
    """Put a dataset together.

    Args:
        roles: as `assign` gives them.
        encode_names: class names to (C, D) features, for files that have none of the classes; None
            = such a file is refused. (Means of the rows' own features would be no substitute: they
            give away the labels of target rows.)

    Raises:
        UserError: something is missing or does not fit.
    """
    notices: list[str] = []
    sides = pair_sides(roles)
    (image, splits), text = sides["image"], sides["text"].array
    stored = roles.get(Role("class_names", ""))
    named = None if stored is None else tuple(str(name).strip() for name in stored.ravel())
    labels, names = label_names(sides["labels"].array, named)
    kept = np.array([row for row, own in enumerate(labels) if own], np.int64)
    if len(kept) < len(labels):
        notices.append(f"{len(labels) - len(kept)} rows without a label are left out")
    captions = _strings(sides, "captions") or list(map(" and ".join, labels))
    ids = _strings(sides, "ids") or [
        f"{split or 'row'}-{row:06d}" for row, split in enumerate(splits)
    ]
    carried = sorted({name for own in labels for name in own})
    return Imported(
        rows=[
            Row(
                id=ids[row],
                image=ids[row],
                text=captions[row],
                labels=labels[row],
                split=splits[row],
            )
            for row in kept.tolist()
        ],
        features=Features(
            ids=tuple(ids[row] for row in kept),
            image=_unit(image[kept], "image features", notices),
            text=_unit(text[kept], "text features", notices),
        ),
        classes=ClassFeatures(
            tuple(carried),
            _class_features(roles, names, carried, named is not None, encode_names, notices),
        ),
        notices=tuple(notices),
    )


def _strings(sides: dict[Kind, Side], kind: Kind) -> list[str] | None:
    if kind not in sides:
        return None
    if sides[kind].array.ndim != 1:
        raise UserError(f"{kind}: {sides[kind].array.shape[-1]} a row; keep one")
    return [str(string) for string in sides[kind].array]


def _unit(features: NDArray[Any], what: str, notices: list[str]) -> Matrix:
    norms = np.linalg.norm(features.astype(np.float64), axis=1)
    bad = np.flatnonzero(~(np.isfinite(norms) & (norms > 0)))
    if bad.size:
        raise UserError(f"{what}: row {bad[0] + 1} is zero or not finite")
    changed = int((np.abs(norms - 1) >= NORM_TOLERANCE).sum())
    if changed:
        notices.append(f"{what}: {changed} of {len(norms)} rows scaled to unit norm")
    unit: Matrix = (features / norms[:, None]).astype(np.float32)
    return unit


def _class_features(
    roles: Roles,
    names: tuple[str, ...],
    carried: list[str],
    is_ordered: bool,
    encode_names: Callable[[list[str]], Matrix] | None,
    notices: list[str],
) -> Matrix:
    given = roles.get(Role("class_features", ""))
    if given is None and encode_names is None:
        raise UserError(
            "no features of the classes: add an array 'class_features' (a row a class, of its "
            "prompts), or say --encode-names if clip.weights is the encoder of these features"
        )
    dimensions = _dimensions(roles)
    if given is None and encode_names is not None:
        features: NDArray[Any] = encode_names(carried)
        notices.append(f"class features encoded from {len(carried)} names by clip.weights")
    elif given is not None:
        labels = next(array for role, array in roles.items() if role.kind == "labels")
        if labels.dtype.kind == "U" and not is_ordered:
            raise UserError("whose rows are class_features? add 'class_names' in their order")
        if len(given) < len(names):
            raise UserError(f"{len(given)} class features for {len(names)} classes")
        features = given[[names.index(name) for name in carried]]
    if features.shape[1] != dimensions:
        raise UserError(f"class features of {features.shape[1]} dimensions, rows of {dimensions}")
    return _unit(features, "class features", notices)


def _dimensions(roles: Roles) -> int:
    return int(next(array for role, array in roles.items() if role.kind == "image").shape[1])
