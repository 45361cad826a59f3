"""The params as shipped, by docs/parameters.md, whatever the user has set in params.yaml."""

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

_TABLE = Path(__file__).parents[2] / "docs/parameters.md"
_ROW = re.compile(r"^\| `([\w.]+)` \| `(.*?)` \| ", re.MULTILINE)


def shown(setting: Any) -> str:
    """A value as the table shows it."""
    return "null" if setting is None else str(setting).replace("|", "\\|")


def value(tree: dict[str, Any], key: str) -> Any:
    """Of a param named as `section.key`."""
    for part in key.split("."):
        tree = tree[part]
    return tree


def _read() -> dict[str, Any]:
    tree: dict[str, Any] = {}
    yaml = YAML(typ="safe", pure=True)
    for key, text in _ROW.findall(_TABLE.read_text(encoding="utf-8")):
        *sections, name = key.split(".")
        node = tree
        for section in sections:
            node = node.setdefault(section, {})
        node[name] = yaml.load(text.replace("\\|", "|"))
    return tree


SHIPPED = _read()


def shipped() -> dict[str, Any]:
    """A tree to change."""
    return deepcopy(SHIPPED)


def write_shipped(path: Path) -> None:
    """A params.yaml as shipped, with line ends and indents that may be edited as text."""
    YAML().dump(SHIPPED, path)
