"""The params as shipped, by their schema, whatever the user has set in params.yaml."""

from copy import deepcopy
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from xshot.params import default_params


def shown(setting: Any) -> str:
    """A value as the table of docs/parameters.md shows it."""
    return "null" if setting is None else str(setting).replace("|", "\\|")


def value(tree: dict[str, Any], key: str) -> Any:
    """Of a param named as `section.key`."""
    for part in key.split("."):
        tree = tree[part]
    return tree


SHIPPED = default_params()


def shipped() -> dict[str, Any]:
    """A tree to change."""
    return deepcopy(SHIPPED)


def write_shipped(path: Path) -> None:
    """A params.yaml as shipped, with line ends and indents that may be edited as text."""
    YAML().dump(SHIPPED, path)
