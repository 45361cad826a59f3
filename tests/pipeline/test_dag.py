"""dvc.yaml tells the truth: each stage's deps and params are what its script imports and reads."""

import ast
import json
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from ruamel.yaml import YAML

from tests.support.closure import ROOT, STAGES, import_closure
from xshot.params import SECTIONS, RunParams, load_params, section_schema
from xshot.selection.workbench import Settings


def _yaml(path: Path) -> dict[str, Any]:
    return YAML(typ="safe", pure=True).load(path)


@pytest.fixture(scope="module")
def dag() -> dict[str, Any]:
    return _yaml(ROOT / "dvc.yaml")["stages"]


def test_the_stages_stand_in_the_order_data_flows(dag):
    assert tuple(dag) == STAGES
    produced = set()
    for name, stage in dag.items():
        later = {_path(out) for other in dag for out in dag[other]["outs"]} - produced
        assert not later & set(stage["deps"]), name
        produced |= {_path(out) for out in stage["outs"]}


@pytest.mark.parametrize("stage", STAGES)
def test_code_dependencies_are_the_import_closure(dag, stage):
    declared = {dep for dep in dag[stage]["deps"] if dep.startswith(("src/", "pipeline/"))}
    assert declared == import_closure(ROOT / "pipeline" / f"{stage}.py")


@pytest.mark.parametrize("stage", ["cell", "table", "generators", "suggest", "suggest_table"])
def test_so_it_is_in_the_sweep(stage):
    declared = _yaml(ROOT / "pipeline/sweep/dvc.yaml")["stages"][stage]["deps"]
    code = {dep for dep in declared if dep.startswith(("src/", "pipeline/"))}
    assert code == import_closure(ROOT / f"pipeline/sweep/{stage}.py")


@pytest.mark.parametrize("stage", STAGES)
def test_param_dependencies_are_the_sections_that_the_script_asks_for(dag, stage):
    """A script that asks for a whole section depends on that group or on every leaf it reads."""
    declared = {key.split(".")[0] for key in dag[stage].get("params", [])}
    asked = _schemas_asked_for(ROOT / "pipeline" / f"{stage}.py")
    sections = {reference.rpartition(":")[2]: key for key, reference in SECTIONS.items()}
    wanted = {sections[name] for name in asked if name in sections}
    if "RunParams" in asked:
        assert declared & set(RunParams.model_fields), f"{stage} reads a top-level key"
    assert declared - set(RunParams.model_fields) == wanted


def test_every_param_re_runs_some_stage(dag):
    declared = [key for stage in dag.values() for key in stage.get("params", [])]
    for key in _leaf_keys(_yaml(ROOT / "params.yaml")):
        # Interpolated into a dependency's path: DVC sees the other folder.
        used = any(key == other or key.startswith(f"{other}.") for other in declared)
        assert used or f"${{{key}}}" in json.dumps(dag), key


def test_every_declared_param_exists(dag):
    tree = _yaml(ROOT / "params.yaml")
    for name, stage in dag.items():
        for key in stage.get("params", []):
            node = tree
            for part in key.split("."):
                assert part in node, f"{name}: {key}"
                node = node[part]


def test_only_evaluate_depends_on_the_held_out_rows(dag):
    users = [name for name, stage in dag.items() if "data/heldout.json" in stage["deps"]]
    assert users == ["evaluate"]


def test_every_parameter_and_stage_is_described(dag):
    assert all(stage["desc"] for stage in dag.values())
    for reference in ("xshot.params:RunParams", *SECTIONS.values()):
        for name, field in section_schema(reference).model_fields.items():
            assert field.description, f"{reference}.{name}"


def test_the_shipped_params_are_valid():
    load_params(ROOT / "params.yaml")


def _path(out: Any) -> str:
    return out if isinstance(out, str) else next(iter(out))


def _leaf_keys(tree: dict[str, Any], prefix: str = "") -> list[str]:
    keys: list[str] = []
    for key, value in tree.items():
        name = f"{prefix}{key}"
        keys += _leaf_keys(value, f"{name}.") if isinstance(value, dict) else [name]
    return keys


def _schemas_asked_for(script: Path) -> set[str]:
    """Schema classes that the script asks for: by `.section(...)`, or all of `Settings.of(...)`."""
    asked = set()
    for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "section" and isinstance(node.args[0], ast.Name):
                asked.add(node.args[0].id)
            if ast.unparse(node.func) == "Settings.of":
                asked |= {schema.__name__ for schema in get_type_hints(Settings).values()}
    return asked


def test_an_experiment_is_silent_about_what_nobody_asked_for():
    """`dvc exp run` warns of every cached output that no dvc.lock has a hash of."""
    locked = {
        name
        for lock in (ROOT / "dvc.lock", ROOT / "pipeline/sources/dvc.lock")
        for name in _yaml(lock)["stages"]
    }
    for file in sorted((ROOT / "pipeline").rglob("dvc.yaml")):
        for name, stage in _yaml(file)["stages"].items():
            for out in stage.get("do", stage)["outs"]:
                cached = isinstance(out, str) or next(iter(out.values())).get("cache", True)
                assert not cached or name in locked, f"{file}: {name}: {out}"
