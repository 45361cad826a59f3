"""What commands work on: a clone in which the pipeline has run."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from tests.support.workspace import Workspace
from xshot.cli.main import build


@pytest.fixture
def clone(finished: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A copy of its own, and the working directory."""
    folder = tmp_path / "clone"
    shutil.copytree(finished.path, folder, ignore=shutil.ignore_patterns(".dvc", ".git"))
    monkeypatch.chdir(folder)
    return Workspace(folder)


@pytest.fixture
def xshot(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Runs a command in a copy of the repository; errors come through as they are."""
    folder = shutil.copytree(repository, tmp_path / "copy", symlinks=True)
    monkeypatch.chdir(folder)

    def run(command: str, *arguments: object) -> Result:
        done = CliRunner().invoke(build([command]), [command, *map(str, arguments)])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    return run


@pytest.fixture
def photos(xshot: Callable[..., Result], tmp_path: Path) -> list[Path]:
    """Folders of one name, and with a space in it."""
    picture = next(iter(sorted((tmp_path / "copy/raw/images").glob("*.png"))))
    folders = [tmp_path / "first/my photos", tmp_path / "second/my photos"]
    for folder in folders:
        folder.mkdir(parents=True)
        shutil.copy(picture, folder)
    return folders
