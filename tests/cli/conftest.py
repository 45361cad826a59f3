"""What commands work on: a clone in which the pipeline has run."""

import shutil
from pathlib import Path

import pytest

from tests.support.workspace import Workspace


@pytest.fixture
def clone(finished: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A copy of its own, and the working directory."""
    folder = tmp_path / "clone"
    shutil.copytree(finished.path, folder, ignore=shutil.ignore_patterns(".dvc", ".git"))
    monkeypatch.chdir(folder)
    return Workspace(folder)
