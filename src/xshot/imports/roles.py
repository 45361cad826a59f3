"""Which array is what, by its name and its shape."""

import re
from collections.abc import Iterable
from itertools import product
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from xshot.errors import UserError
from xshot.imports.arrays import Arrays

RowKind = Literal["image", "text", "labels", "captions", "ids", "pictures"]
Kind = Literal[RowKind, "image_of_text", "class_features", "class_names"]

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# The first that fits: `train_val_img` is trained on, `retrieval/test/image` is tested.
_SPLITS = (
    ("train", {"tr", "train", "training"}),
    ("test", {"te", "test", "query"}),
    ("train", {"db", "database", "retrieval"}),
    ("validation", {"val", "valid", "validation", "dev"}),
)
_WORDS: dict[str, set[str]] = {
    "class": {"class", "classes", "concept", "concepts", "prompt", "prompts"},
    "labels": {"l", "lab", "label", "labels", "cat", "category", "categories", "gnd"},
    "captions": {"caption", "captions", "sentence", "sentences"},
    "ids": {"id", "ids", "names"},
    "image": {"i", "img", "imgs", "image", "images", "visual"},
    "text": {"t", "txt", "text", "texts", "tag", "tags"},
}
_PICTURE_WORDS = {"img", "imgs", "image", "images", "picture", "pictures", "photo", "photos"}
_PICTURE_OF_TEXT = {"image", "of", "text"}
_FLOATS_EXACT = 2**53
_RENAME = "rename what you do not mean, as in --rename OLD=unused"


class Role(NamedTuple):
    """What an array is; `split` is "" where it holds all rows."""

    kind: Kind
    split: str


def assign(arrays: Arrays) -> tuple[dict[Role, NDArray[Any]], list[str]]:
    """Each role's array, and the names of those without a role.

    The field's habits are understood: `I_tr`, `train_img`, `T_te`, `trainCat`, `train_img_lab`,
    `image/features`, `LAll`, ... A database (`I_db`, `retrieval_img`) is a train part, its queries
    (`I_query`) are the test part. Validation rows (`I_val`) have no role: they would be neither
    trained nor tested on. A label array that is there twice, once per modality, must be the same.
    Whole numbers are ids only where they leave no doubt: `train_id` may say which rows to train on.
    Ids of images of which some are equal (`image_ids`) say which rows are of one picture, and
    `image_of_text` which picture each text is of.

    Raises:
        UserError: two different arrays for one role, or all rows of a kind beside a part of them.
    """
    roles: dict[Role, NDArray[Any]] = {}
    names: dict[Role, str] = {}
    unused = []
    numbers: dict[str, Role] = {}
    for name, array in arrays.items():
        role = _role(name, array)
        if role is None:
            unused.append(name)
        elif role.kind == "ids" and array.dtype.kind != "U":
            numbers[name] = role
        elif role not in roles:
            roles[role], names[role] = array, name
        elif array.shape != roles[role].shape or (array != roles[role]).any():
            raise UserError(
                f"{name!r} and {names[role]!r} both look like "
                f"{' '.join(filter(None, role[::-1]))}; {_RENAME}"
            )
    _check_wholes(names)
    ids = _number_ids(arrays, numbers, roles)
    roles |= {numbers[name]: array for name, array in ids.items()}
    return roles, unused + [name for name in numbers if name not in ids]


def _number_ids(
    arrays: Arrays, numbers: dict[str, Role], roles: dict[Role, NDArray[Any]]
) -> Arrays:
    """Of the arrays `numbers` those that are ids, by name, as strings; none if others may be."""
    if any(role.kind == "ids" for role in roles):
        return {}
    found = {
        tuple(str(int(value)) for name in names for value in arrays[name].ravel()): names
        for names in _as_many_as_images(arrays, numbers, roles)
    }
    sets = [names for values, names in found.items() if len(set(values)) == len(values)]
    if len(sets) != 1:
        return {}
    return {name: np.array([str(int(n)) for n in arrays[name].ravel()]) for name in sets[0]}


def _as_many_as_images(
    arrays: Arrays, numbers: dict[str, Role], roles: dict[Role, NDArray[Any]]
) -> Iterable[tuple[str, ...]]:
    """The arrays, one of each part of the images, that have a number for every row."""
    sizes = {role.split: len(images) for role, images in roles.items() if role.kind == "image"}
    parts = [
        [name for name, role in numbers.items() if (role.split, arrays[name].size) == part]
        for part in sizes.items()
    ]
    return product(*parts) if parts else ()


def _check_wholes(names: dict[Role, str]) -> None:
    """A part beside a whole may be rows of it or more rows; taking either would lose some."""
    for role, name in names.items():
        whole = names.get(Role(role.kind, ""), name)
        if whole != name:
            raise UserError(
                f"{whole!r} looks like all rows of {role.kind} and {name!r} like a part of them; "
                f"{_RENAME}"
            )


def _are_whole(array: NDArray[Any]) -> bool:
    """Whether all are whole numbers, whatever their type."""
    if array.dtype.kind != "f":
        return array.dtype.kind in "iu"
    # Beyond its precision, a float is some whole number or other.
    return bool(((abs(array) < _FLOATS_EXACT) & (array == np.rint(array))).all())


def _says_which_picture(words: set[str], array: NDArray[Any]) -> bool:
    """Whether these are ids of images, one a row, and some rows have the same."""
    if not (words & _WORDS["ids"] and words & _PICTURE_WORDS) or 1 < array.ndim == len(
        [side for side in array.shape if side > 1]
    ):
        return False
    return len(np.unique(array)) < array.size and (array.dtype.kind == "U" or _are_whole(array))


def _role(name: str, array: NDArray[Any]) -> Role | None:
    words = {word.lower() for word in _WORD.findall(name)}
    kinds = [kind for kind, own in _WORDS.items() if words & own]
    split = next((split for split, own in _SPLITS if words & own), "")
    is_text, is_matrix = array.dtype.kind == "U", array.ndim == 2 and min(array.shape) > 1
    if not kinds or array.ndim not in (1, 2) or split == "validation":
        return None
    if kinds[0] == "class":
        if is_text:
            # `classes` of as many strings as rows would be labels, but a name a class is the habit.
            return Role("class_names", "")
        are_features = array.dtype.kind == "f" or (array.dtype.kind in "iu" and "features" in words)
        return Role("class_features", "") if is_matrix and are_features else None
    if words >= _PICTURE_OF_TEXT and not is_matrix and not is_text and _are_whole(array):
        return Role("image_of_text", split)
    if _says_which_picture(words, array):
        return Role("pictures", split)
    if kinds[0] == "labels":
        return Role("labels", split)
    if is_text and kinds[0] in ("captions", "text"):
        return Role("captions", split)
    if kinds[0] == "ids" and (is_text or (not is_matrix and _are_whole(array))):
        return Role("ids", split)
    if is_matrix and not is_text and kinds[0] in ("image", "text"):
        return Role("image" if kinds[0] == "image" else "text", split)
    return None
