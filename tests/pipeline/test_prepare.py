"""Stage `prepare`, run as DVC runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from ruamel.yaml import YAML

from tests.support.shipped import shipped
from xshot.store.manifest import read_manifest

ROOT = Path(__file__).parents[2]


def prepare(folder):
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "pipeline.prepare"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.fixture
def folder(tmp_path):
    """A folder with params.yaml and a dataset of 12 pictures in two classes."""
    yaml = YAML()
    params = shipped()
    params["data"].update(name="manifest", root="own pictures", test_fraction=0.4, min_test=2)
    yaml.dump(params, tmp_path / "params.yaml")
    root = tmp_path / "own pictures"
    root.mkdir()
    table = "image,text,label\n"
    for i in range(12):
        Image.new("RGB", (4, 4), (20 * i, 0, 0)).save(root / f"{i}.png")
        table += f"{i}.png,a red of {20 * i},{'dark' if i < 6 else 'bright'}\n"
    (root / "manifest.csv").write_text(table)
    return tmp_path


def test_writes_the_same_bytes_each_time(folder):
    output = folder / "data" / "manifest.parquet"
    done = prepare(folder)
    assert (done.returncode, done.stderr) == (0, "")
    manifest = read_manifest(output)
    assert len(manifest) == 12
    assert manifest.splits.count("test") == 4
    first = output.read_bytes()
    prepare(folder)
    assert output.read_bytes() == first
    assert [path.name for path in output.parent.iterdir()] == ["manifest.parquet"]


def test_user_errors_are_one_line_and_leave_nothing(folder):
    (folder / "own pictures" / "7.png").unlink()
    done = prepare(folder)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "error: own pictures: row 8 (id '7.png'): image '7.png': No such file or directory; "
        "complete the folder or mend data.root"
    ]
    assert not (folder / "data").exists()
