"""The sources' dvc.yaml tells the truth."""

import tomllib

import pytest
from ruamel.yaml import YAML

from tests.support.closure import ROOT, import_closure
from tests.support.shipped import shipped

SOURCES = ROOT / "pipeline" / "sources"
STAGES = YAML(typ="safe", pure=True).load(SOURCES / "dvc.yaml")["stages"]


@pytest.mark.parametrize("name", STAGES)
def test_code_dependencies_are_the_import_closure(name):
    # Of the store, the sources need atomic writes alone: a new table must not re-train encoders.
    declared = {
        "src/xshot/store" if dep == "src/xshot/store/atomic.py" else dep
        for dep in STAGES[name]["deps"]
    }
    assert declared == import_closure(SOURCES / f"{name}.py")


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_runs_its_own_script_from_the_root_and_pins_its_packages(name):
    stage = STAGES[name]
    assert stage["cmd"] == f"python -m pipeline.sources.{name}"
    assert (SOURCES / stage["wdir"]).resolve() == ROOT
    assert stage["desc"]
    (pins,) = stage["params"]
    (key,) = pins["pyproject.toml"]
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for part in key.split("."):
        packages = packages[part]
    assert all("==" in package for package in packages)


def test_the_default_data_and_encoder_are_what_the_stages_write():
    outs = {out for stage in STAGES.values() for out in stage["outs"]}
    params = shipped()
    assert params["data"]["root"] in outs
    assert params["clip"]["weights"].removeprefix("local-dir:") in outs
