"""Which texts are of one picture: arrays with fewer pictures than texts to rows of pairs."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xshot.errors import UserError
from xshot.imports.roles import Kind, Role
from xshot.imports.sides import Roles


def spread(roles: Roles) -> Roles:
    """Give every text its picture's row, where `image_of_text` says which that is.

    Labels and ids may be there once a picture or once a text. Without the index nothing changes.

    Raises:
        UserError: the index does not fit the texts or the pictures.
    """
    spread_roles = dict(roles)
    for role, index in roles.items():
        if role.kind == "image_of_text":
            del spread_roles[role]
            spread_roles |= _spread_part(roles, role.split, index.ravel())
    return spread_roles


def _spread_part(roles: Roles, split: str, index: NDArray[Any]) -> Roles:
    image, text = (_part(roles, kind, split) for kind in ("image", "text"))
    if len(index) != len(text):
        raise UserError(
            f"image_of_text: {len(index)} places for {len(text)} {split or 'rows of'} texts; give "
            "each text the place of its picture"
        )
    first, last = (int(index.min()), int(index.max())) if len(index) else (0, 0)
    # Counted from 1 where that alone can be: MATLAB's way.
    place = (index - (first == 1 and last == len(image))).astype(np.int64)
    if first < 0 or place.max(initial=0) >= len(image):
        raise UserError(
            f"image_of_text: places from {first} to {last} of {len(image)} pictures; count them "
            "from 0"
        )
    found: Roles = {Role("image", split): image[place]}
    names = np.array([f"{split or 'picture'}-{number:06d}" for number in range(len(image))])
    for kind in ("labels", "captions", "ids"):
        own = roles.get(Role(kind, split))
        if own is None:
            continue
        rows = own.ravel() if 1 in own.shape else own
        if len(rows) == len(image) != len(text):
            rows = rows[place]
            if kind == "ids":
                names, rows = own.ravel(), _numbered(rows)
        found[Role(kind, split)] = rows
    found[Role("pictures", split)] = names[place]
    return found


def _part(roles: Roles, kind: Kind, split: str) -> NDArray[Any]:
    part = roles.get(Role(kind, split))
    if part is None:
        raise UserError(
            f"image_of_text: there are no {split} {kind} features; name them with --rename "
            f"OLD={'_'.join(filter(None, (split, kind)))}"
        )
    return part


def _numbered(ids: NDArray[Any]) -> NDArray[Any]:
    """Each picture's id once, its further texts with a number behind it."""
    uses: dict[str, int] = {}
    numbered = []
    for name in map(str, ids):
        uses[name] = uses.get(name, 0) + 1
        numbered.append(name if uses[name] == 1 else f"{name}#{uses[name]}")
    return np.array(numbered)
