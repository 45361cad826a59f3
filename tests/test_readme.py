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


FOLDERS = re.findall(r"^<!-- (results\S*) -->$", RESULTS, re.MULTILINE)


def test_every_committed_sweep_has_a_table():
    committed = (ROOT / "results").rglob("sweep.csv")
    assert sorted(FOLDERS) == sorted(str(path.parent.relative_to(ROOT)) for path in committed)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_table_shows_the_means_of_its_committed_sweep(folder):
    """The first table behind the folder's mark: raw CLIP, then the variants of its header."""
    values = defaultdict(list)
    for row in read_rows(ROOT / folder / "sweep.csv"):
        if row.direction == "avg":
            values[row.gallery, row.k_shot, row.variant].append(row.value)
    lines = RESULTS.partition(f"<!-- {folder} -->\n")[2].partition("| K |")[2].splitlines()
    variants = ["clip", *re.findall(r"`(\w+)`", lines[0])]
    table = lines[2 : next(n for n, line in enumerate([*lines, ""]) if not line)]
    shots = sorted({k_shot for _, k_shot, _ in values})
    assert [line.split(" | ")[0] for line in table] == [f"| {k_shot}" for k_shot in shots]
    for k_shot, line in zip(shots, table, strict=True):
        cells = [f"{np.mean(values['target', k_shot, name]):.3f}" for name in variants]
        assert line == f"| {k_shot} | {' | '.join(cells)} |"


@pytest.mark.parametrize(
    ("name", "folder"), [("Myntra", "myntra"), ("Caltech", "caltech"), ("ImageNet", "imagenet")]
)
def test_readme_shows_the_means_of_committed_sweeps(name, folder):
    values = defaultdict(list)
    for row in read_rows(ROOT / "results" / folder / "sweep.csv"):
        if (row.direction, row.gallery) == ("avg", "target"):
            values[row.k_shot, row.variant].append(row.value)
    expected = [(0, "clip"), (0, "xshot"), (1, "xshot"), (3, "xshot")]
    cells = [f"{np.mean(values[key]):.3f}"[1:] if key in values else "–" for key in expected]
    line = next(line for line in README.splitlines() if line.startswith(f"| {name}"))
    assert line.endswith(f" | {' | '.join(cells)} |")


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
