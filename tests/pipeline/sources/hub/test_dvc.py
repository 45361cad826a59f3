"""The hub's dvc.yaml tells the truth, and every pair in its params can be had."""

import shutil
import subprocess
import sys

import pytest
from ruamel.yaml import YAML

from pipeline.sources.hub.pairs import check_pair
from tests.support.closure import ROOT, import_closure

HUB = ROOT / "pipeline" / "sources" / "hub"
FREEZE = YAML(typ="safe", pure=True).load(HUB / "dvc.yaml")["stages"]["freeze"]["do"]
ENCODERS = YAML(typ="safe", pure=True).load(HUB / "params.yaml")["encoders"]


def test_code_dependencies_are_the_import_closure():
    declared = {
        "src/xshot/store" if dep == "src/xshot/store/atomic.py" else dep for dep in FREEZE["deps"]
    }
    assert declared == import_closure(HUB / "freeze.py")


@pytest.mark.parametrize("name", ENCODERS)
def test_every_pair_of_the_params_exists(name):
    check_pair(**ENCODERS[name])


def test_the_stage_stands_in_the_root_and_is_told_model_weights_and_folder():
    assert (HUB / FREEZE["wdir"]).resolve() == ROOT
    assert FREEZE["outs"] == [{"models/encoders/${key}": {"cache": False}}]
    assert FREEZE["cmd"].startswith("python -m pipeline.sources.hub.freeze ")


def test_dvc_makes_one_stage_of_every_encoder(tmp_path):
    # In a copy, so that it does not matter whether the checkout has Git.
    hub = shutil.copytree(HUB, tmp_path / HUB.relative_to(ROOT))
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text("[core]\n    no_scm = true\n    analytics = false\n")
    command = [sys.executable, "-m", "dvc", "stage", "list", "--name-only", str(hub / "dvc.yaml")]
    listed = subprocess.run(command, cwd=tmp_path, capture_output=True)
    stages = [line.rpartition(":")[2] for line in listed.stdout.decode().split()]
    assert stages == [f"freeze@{name}" for name in ENCODERS]
