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
from xshot.store.features import NORM_TOLERANCE, ClassFeatures, Features

Matrix = NDArray[np.float32]
Roles = dict[Role, NDArray[Any]]


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
    image, splits = _side(roles, "image")
    text, _ = _side(roles, "text")
    given, _ = _side(roles, "labels")
    _check_shapes(image, text, given)
    stored = roles.get(Role("class_names", ""))
    named = None if stored is None else tuple(str(name).strip() for name in stored.ravel())
    labels, names = label_names(given, named)
    kept = np.array([row for row, own in enumerate(labels) if own], np.int64)
    if len(kept) < len(labels):
        notices.append(f"{len(labels) - len(kept)} rows without a label are left out")
    captions = _strings(roles, "captions", len(labels)) or list(map(" and ".join, labels))
    ids = _strings(roles, "ids", len(labels)) or [
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


def _side(roles: Roles, kind: Kind) -> tuple[NDArray[Any], list[str | None]]:
    """All rows of a kind, train first, and the split of each."""
    whole = roles.get(Role(kind, ""))
    if whole is not None:
        return whole, [None] * (whole.size if 1 in whole.shape else len(whole))
    parts = {split: roles.get(Role(kind, split)) for split in ("train", "test")}
    found = {split: part for split, part in parts.items() if part is not None}
    if len(found) < 2:
        have = f"only the {next(iter(found))} part is there" if found else "none is there"
        raise UserError(f"{kind}: {have}; name the array with --rename OLD={kind}")
    flat = [part.ravel() if 1 in part.shape else part for part in found.values()]
    if len({part.shape[1:] for part in flat}) > 1:
        raise UserError(f"{kind}: train and test differ in their columns")
    splits: list[str | None] = [
        split for split, part in zip(found, flat, strict=True) for _ in range(len(part))
    ]
    return np.concatenate(flat), splits


def _check_shapes(image: NDArray[Any], text: NDArray[Any], labels: NDArray[Any]) -> None:
    n_labels = labels.size if 1 in labels.shape else len(labels)
    if not len(image) == len(text) == n_labels:
        raise UserError(
            f"{len(image)} image features, {len(text)} text features and {n_labels} labels; "
            "row i of each must be pair i"
        )
    if image.shape[1] != text.shape[1]:
        raise UserError(
            f"image features of {image.shape[1]} dimensions and text features of {text.shape[1]}; "
            "both must come from one encoder with a common space, as CLIP's"
        )


def _strings(roles: Roles, kind: Kind, count: int) -> list[str] | None:
    if not any(role.kind == kind for role in roles):
        return None
    strings, _ = _side(roles, kind)
    if strings.size != count:
        raise UserError(f"{strings.size} {kind} for {count} rows")
    return [str(string) for string in strings.ravel()]


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
