"""The table of params is the schema's, that of results the sweep's, and README's commands exist."""

import re
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

from pipeline.sweep.rows import read_rows
from tests.support.closure import ROOT
from tests.support.shipped import SHIPPED, shown, value
from xshot.params import SECTIONS, RunParams, section_schema

README = (ROOT / "README.md").read_text(encoding="utf-8")
PARAMETERS = (ROOT / "docs/parameters.md").read_text(encoding="utf-8")
RESULTS = (ROOT / "docs/results.md").read_text(encoding="utf-8")


def param_rows() -> dict[str, tuple[str, str]]:
    """What the table says of each param: allowed, meaning."""
    rows = {}
    for schema in (RunParams, *map(section_schema, SECTIONS.values())):
        properties = schema.model_json_schema()["properties"]
        for name, field in schema.model_fields.items():
            key = f"{schema.key}.{name}".lstrip(".")
            rows[key] = _allowed(properties[name]), str(field.description)
    return rows


def test_the_table_has_every_param():
    lines = [line for line in PARAMETERS.splitlines() if line.startswith("| `")]
    expected = [
        f"| `{key}` | `{shown(value(SHIPPED, key))}` | {allowed} | {meaning} |"
        for key, (allowed, meaning) in param_rows().items()
    ]
    assert lines == expected, "docs/parameters.md should read:\n" + "\n".join(expected)


@pytest.mark.shipped
def test_params_yaml_is_as_the_table_says():
    """What a user sets is the user's own; only as shipped both must be the same."""
    assert YAML(typ="safe", pure=True).load(ROOT / "params.yaml") == SHIPPED


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


def test_the_table_shows_the_means_of_the_committed_sweep():
    values = defaultdict(list)
    for row in read_rows(ROOT / "results/sweep.csv"):
        if row.gallery == "target" and row.direction == "avg":
            values[row.k_shot, row.variant].append(row.value)
    header = next(line for line in RESULTS.splitlines() if line.startswith("| K |"))
    variants = ["clip", *re.findall(r"`(\w+)`", header)]
    for k_shot in (0, 1, 3, 5, 7):
        cells = [f"{np.mean(values[k_shot, name]):.3f}" for name in variants]
        assert f"| {k_shot} | {' | '.join(cells)} |" in RESULTS


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
