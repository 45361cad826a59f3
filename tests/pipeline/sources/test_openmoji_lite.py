"""An encoder's stage, as DVC runs it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.support.closure import ROOT
from tests.support.shipped import shipped

FOLDER = Path("models/encoders/openmoji-lite-noleak")


@pytest.mark.slow
def test_the_stage_writes_the_same_bytes_at_any_number_of_threads(tmp_path):
    trees = []
    for threads in (1, 2):
        root = tmp_path / str(threads)
        root.mkdir()
        YAML().dump(shipped() | {"threads": threads}, root / "params.yaml")
        _run_stage(root)
        folder = root / FOLDER
        trees.append({path.name: path.read_bytes() for path in folder.iterdir()})
        assert [path.name for path in folder.parent.iterdir()] == [folder.name], "nothing partial"
        shutil.rmtree(root)
    assert trees[0] == trees[1]


def _run_stage(root: Path) -> None:
    command = [sys.executable, "-m", "pipeline.sources.openmoji_lite_noleak"]
    path = f"{ROOT / 'src'}{os.pathsep}{ROOT}"
    environment = {**os.environ, "PYTHONPATH": path, "HF_HUB_OFFLINE": "1"}
    subprocess.run(command, cwd=root, env=environment, check=True)
