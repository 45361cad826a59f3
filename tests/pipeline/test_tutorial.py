"""Every command of docs/tutorial.md runs, in its order, in a small clone."""

import re
import shlex
import sys
from pathlib import Path

import pytest

from tests.support.closure import ROOT
from tests.support.workspace import make_workspace, run

TUTORIAL = (ROOT / "docs/tutorial.md").read_text(encoding="utf-8")


def commands():
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", TUTORIAL, re.MULTILINE | re.DOTALL)
    return [line for language, block in blocks if not language for line in block.splitlines()]


@pytest.mark.slow
def test_every_command_runs(tmp_path, drawings, tiny_encoder):
    workspace = make_workspace(tmp_path / "clone", drawings, tiny_encoder)
    scripts = Path(sys.executable).parent
    told = []
    for line in commands():
        program, *arguments = shlex.split(line)
        assert program in ("python", "dvc", "xshot"), line
        told.append(run([str(scripts / program), *arguments], workspace.path).stdout)
    first, last = (text for text in told if "models/projector" in text and "params.yaml" in text)
    assert "a model to measure" in first
    assert "a model to keep" in last
    assert (workspace.path / "data/answers.html").is_file()
    album = workspace.path / "data/album"
    assert "of birds there are 9 pictures and of fruit 8" in " ".join(TUTORIAL.split())
    assert [len(list((album / name).iterdir())) for name in ("bird", "fruit")] == [9, 8]
