"""Keyword arguments as the params that params.yaml holds, with its names, defaults and checks."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from xshot.params import Params, default_params

Section = Mapping[str, Any]
"""Some keys of a section of params.yaml with other values than their defaults."""


def checked_params(source: str, values: Section, **sections: Section | None) -> Params:
    """The defaults with what is given in their place, checked as a params.yaml would be.

    Args:
        source: who asks, for messages.
        values: of the keys outside any section.
        sections: by name; None = as by default.

    Raises:
        UserError: naming the key and what is allowed.
    """
    tree = default_params()
    tree |= _plain(values)
    for name, given in sections.items():
        own = {} if given is None else _plain(given)
        # What is no mapping is left to the schema to refuse.
        tree[name] = tree[name] | own if isinstance(own, dict) else own
    params = Params(tree, source)
    params.check()
    return params


def _plain(value: Any) -> Any:
    """Values as YAML would give them: NumPy's numbers are numbers."""
    if isinstance(value, Mapping):
        return {key: _plain(own) for key, own in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(own) for own in value]
    return value
