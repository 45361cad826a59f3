"""The rows of images, texts, labels ...: whole or in a train and a test part, the same in all."""

from collections import Counter
from typing import Any, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from xshot.errors import UserError
from xshot.imports.roles import Kind, Role, RowKind

Roles = dict[Role, NDArray[Any]]

LEAVE_OUT: dict[Kind, str] = {
    kind: f", or leave the {kind} out with --rename OLD=unused"
    for kind in ("captions", "ids", "pictures")
}
"""What else can be done about the kinds that need not be there."""
_NEEDED: tuple[RowKind, ...] = ("image", "text", "labels")


class Side(NamedTuple):
    """All rows of a kind.

    Attributes:
        array: the rows, train first; one dimension if each has one value.
        splits: of each row; None = the file does not say.
    """

    array: NDArray[Any]
    splits: list[str | None]


def pair_sides(roles: Roles) -> dict[Kind, Side]:
    """The rows of each kind that is there, row i of each of pair i.

    Raises:
        UserError: image, text or labels are not there, a part lacks the other, or the kinds differ
            in the rows that they have or in how these are split.
    """
    there = {role.kind for role in roles}.union(_NEEDED)
    sides = {kind: side_of(roles, kind) for kind in get_args(RowKind) if kind in there}
    sizes = {kind: Counter(side.splits) for kind, side in sides.items()}
    if any(size != sizes["image"] for size in sizes.values()):
        # Whole beside parts, too: whether the whole has its train rows first is not known.
        told = ", ".join(f"{kind}: {_told(size)}" for kind, size in sizes.items())
        other = [kind for kind, size in sizes.items() if size != sizes["image"]]
        remedy = "".join(LEAVE_OUT[kind] for kind in other) if {*other} <= {*LEAVE_OUT} else ""
        raise UserError(
            f"rows of {told}; row i of each must be pair i, in the same parts{remedy}"
            + _of_fewer_pictures(sizes)
            + _of_columns(sides)
        )
    if (columns := sides["image"].array.shape[1]) != sides["text"].array.shape[1]:
        raise UserError(
            f"image features of {columns} dimensions and text features of "
            f"{sides['text'].array.shape[1]}; "
            "both must come from one encoder with a common space, as CLIP's"
        )
    return sides


def _of_fewer_pictures(sizes: dict[Kind, Counter[str | None]]) -> str:
    """What several texts a picture need, where it may be these."""
    fewer = sizes["image"].total() < sizes["text"].total()
    return (
        "; if pictures have several texts, add image_of_text: each text's picture" if fewer else ""
    )


def _of_columns(sides: dict[Kind, Side]) -> str:
    """What matrices need whose columns may be the pairs."""
    arrays = {kind: sides[kind].array for kind in _NEEDED}
    for pairs in (len(arrays["labels"]), len(arrays["image"])):
        turned = [
            kind
            for kind, array in arrays.items()
            if pairs != len(array) and array.shape[1:] == (pairs,)
        ]
        if turned:
            return f"; transpose {' and '.join(turned)}, whose columns may be the pairs"
    return ""


def side_of(roles: Roles, kind: Kind) -> Side:
    """All rows of a kind.

    Raises:
        UserError: there are none, or only one part of them.
    """
    whole = roles.get(Role(kind, ""))
    if whole is not None:
        flat = _flat(whole)
        return Side(flat, [None] * len(flat))
    parts = {split: roles.get(Role(kind, split)) for split in ("train", "test")}
    found = {split: _flat(part) for split, part in parts.items() if part is not None}
    if not found:
        least = ", of two rows and dimensions at least" if kind in ("image", "text") else ""
        raise UserError(f"{kind}: none is there{least}; name the array with --rename OLD={kind}")
    if len(found) < 2:
        (have,), (lack,) = found, parts.keys() - found.keys()
        raise UserError(
            f"{kind}: only the {have} part is there; name the other with --rename "
            f"OLD={lack}_{kind}, or this one, if it is all, with --rename OLD={kind}"
            + LEAVE_OUT.get(kind, "")
        )
    if len({part.shape[1:] for part in found.values()}) > 1:
        remedy = LEAVE_OUT.get(kind, "")
        raise UserError(f"{kind}: train and test differ in their columns; give both one{remedy}")
    splits: list[str | None] = [split for split, part in found.items() for _ in part]
    return Side(np.concatenate(list(found.values())), splits)


def _flat(array: NDArray[Any]) -> NDArray[Any]:
    return array.ravel() if 1 in array.shape else array


def _told(size: Counter[str | None]) -> str:
    return " + ".join(f"{count} {split or ''}".strip() for split, count in size.items())
