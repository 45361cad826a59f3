"""The classes of the rows, and features of their prompts: the file's own or encoded here."""

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from xshot.errors import UserError
from xshot.imports.labels import Names, label_names
from xshot.imports.roles import Role
from xshot.imports.sides import Roles
from xshot.imports.unit import Matrix, unit_rows
from xshot.store.features import ClassFeatures

Encode = Callable[[list[str]], Matrix]
"""Class names to (C, D) features."""


def read_classes(
    roles: Roles, labels: NDArray[Any], encode_names: Encode | None, notices: list[str]
) -> tuple[list[Names], ClassFeatures, Names]:
    """Each row's class names, unit features of every class that a row carries, and all names.

    The last stand in the order that the arrays give them.

    Args:
        roles: as `assign` gives them.
        labels: of all rows, in a form of `label_names`.
        encode_names: for files without features of the classes, and for these only; None = these
            are refused.
        notices: where is added what was done.

    Raises:
        UserError: names or features are missing, do not fit the labels, or are there twice.
    """
    given, stored = (roles.get(Role(kind, "")) for kind in ("class_features", "class_names"))
    named = None if stored is None else tuple(str(name).strip() for name in stored.ravel())
    if given is not None and encode_names is not None:
        raise UserError(
            "features of the classes are there already; leave out --encode-names, or them, as in "
            "--rename class_features=unused"
        )
    if named is None:
        _check_nameless(labels, given, encode_names)
    rows, names = label_names(labels, named, None if given is None else len(given))
    carried = sorted({name for row in rows for name in row})
    if given is not None:
        if len(given) != len(names):
            raise UserError(f"{len(given)} class features for {len(names)} classes; give one each")
        features: NDArray[Any] = given[[names.index(name) for name in carried]]
    elif encode_names is not None:
        features = encode_names(carried)
        notices.append(f"class features encoded from {len(carried)} names by clip.weights")
    else:
        raise UserError(
            "no features of the classes: add an array 'class_features' (a row a class, of its "
            "prompts), or say --encode-names if clip.weights is the encoder of these features"
        )
    return (
        rows,
        ClassFeatures(tuple(carried), unit_rows(features, "class features", notices)),
        names,
    )


def _check_nameless(
    labels: NDArray[Any], given: NDArray[Any] | None, encode_names: Encode | None
) -> None:
    are_strings = labels.dtype.kind == "U"
    if are_strings and given is not None:
        raise UserError("whose rows are class_features? add 'class_names' in their order")
    if not are_strings and given is None and encode_names is not None:
        raise UserError("labels are numbers; --encode-names needs 'class_names' in their order")
