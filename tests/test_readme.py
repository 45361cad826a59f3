"""README's table of params is the schema's, and its commands exist."""

import re
from collections import defaultdict
from typing import Any

import numpy as np
from ruamel.yaml import YAML

from pipeline.sweep.rows import read_rows
from tests.support.closure import ROOT
from xshot.params import SECTIONS, RunParams, section_schema

README = (ROOT / "README.md").read_text(encoding="utf-8")


def param_table() -> str:
    """The Markdown table of every param: key, default, allowed, meaning."""
    defaults = YAML(typ="safe", pure=True).load(ROOT / "params.yaml")
    lines = ["| param | default | allowed | meaning |", "|---|---|---|---|"]
    for schema in (RunParams, *map(section_schema, SECTIONS.values())):
        values = defaults[schema.key] if schema.key else defaults
        properties = schema.model_json_schema()["properties"]
        for name, field in schema.model_fields.items():
            key = f"{schema.key}.{name}".lstrip(".")
            allowed = _allowed(properties[name])
            default = "null" if values[name] is None else str(values[name]).replace("|", "\\|")
            lines.append(f"| `{key}` | `{default}` | {allowed} | {field.description} |")
    return "\n".join(lines)


def test_readme_has_the_table_of_every_param():
    table = param_table()
    assert table in README, f"README's table of params should read:\n{table}"


def test_every_make_target_that_readme_names_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", README, re.MULTILINE))
    assert named
    assert named <= targets


def test_every_file_that_readme_links_to_exists():
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_readme_shows_the_means_of_the_committed_sweep():
    values = defaultdict(list)
    for row in read_rows(ROOT / "results/sweep.csv"):
        if row.gallery == "target" and row.direction == "avg":
            values[row.k_shot, row.variant].append(row.value)
    header = next(line for line in README.splitlines() if line.startswith("| K |"))
    variants = ["clip", *re.findall(r"`(\w+)`", header)]
    for k_shot in (0, 1, 3, 5, 7):
        cells = [f"{np.mean(values[k_shot, name]):.3f}" for name in variants]
        assert f"| {k_shot} | {' | '.join(cells)} |" in README


def _allowed(prop: dict[str, Any]) -> str:
    """The range of a value in a few words, from its JSON schema."""
    if "anyOf" in prop:
        return " or ".join(_allowed(option) for option in prop["anyOf"])
    if "const" in prop:
        return f"`{prop['const']}`"
    if "enum" in prop:
        return ", ".join(f"`{value}`" for value in prop["enum"])
    if "const" in prop:
        return f"`{prop['const']}`"
    item = prop.get("items", prop)
    prefix = "list of " if item is not prop else ""
    lows = [("≥", "minimum"), (">", "exclusiveMinimum")]
    highs = [("≤", "maximum"), ("<", "exclusiveMaximum")]
    bounds = [f"{sign} {item[key]:g}" for sign, key in (*lows, *highs) if key in item]
    kind = ", ".join(f"`{value}`" for value in item["enum"]) if "enum" in item else item.get("type")
    return f"{prefix}{kind or 'text'} {' and '.join(bounds)}".strip()
