"""Where commands are run: without Git, without an active environment, on data that copies lack."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.workspace import run
from xshot.cli.surroundings import check_for_copies, check_surroundings


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A project's folder as it comes out of an archive, and the working directory."""
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text("[core]\n    analytics = false\n")
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/a.png").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    return tmp_path


def lines(findings):
    return [str(finding) for finding in findings]


def git(*arguments):
    run(["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments], Path.cwd())


def test_without_git_it_says_what_to_type_and_that_works(place):
    (line,) = lines(check_surroundings())
    assert line.startswith("wrong   .: no Git repository")
    (place / "dvc.yaml").write_text("stages:\n  s:\n    cmd: echo done\n    deps: [raw]\n")
    assert run(["dvc", "repro"], place, check=False).returncode
    command = line.split("`")[3]
    run(command.split(), place)
    assert lines(check_surroundings()) == []
    assert "done" in run(["dvc", "repro"], place).stdout


def test_with_git_there_is_nothing_to_say(place):
    git("init", "-q")
    assert lines(check_surroundings()) == []


@pytest.mark.parametrize("above", [False, True])
def test_a_pipeline_that_no_commit_has_is_told(place, monkeypatch, above):
    """Unpacked and not committed yet, in a repository of its own or inside of another."""
    git("init", "-q")
    if above:
        git("add", "raw")
        git("commit", "-qm", "something else")
        (place / "unpacked").mkdir()
        monkeypatch.chdir(place / "unpacked")
    Path("dvc.yaml").write_text("stages: {}\n")
    (line,) = lines(check_surroundings())
    assert line.startswith("note    dvc.yaml: in no commit of Git")
    for command in line.split("`")[3::2]:
        git(*command.split()[1:], *(["-m", "all"] if "commit" in command else []))
    assert lines(check_surroundings()) == []


def test_a_folder_of_another_user_is_told(place, monkeypatch):
    git("init", "-q")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")  # Git's own tests ask it so
    (line,) = lines(check_surroundings())
    assert line.startswith("note    .: belongs to another user")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(place / "gitconfig"))
    subprocess.run(line.split("`")[3].split(), check=True)
    assert lines(check_surroundings()) == []


@pytest.mark.parametrize("python", [None, "python"])
def test_another_python_on_the_path_is_told(place, monkeypatch, python):
    git("init", "-q")
    other = place / "bin"
    other.mkdir()
    if python:
        (other / python).write_text("#!/bin/sh\n")
        (other / python).chmod(0o755)
    (other / "git").symlink_to(shutil.which("git"))
    monkeypatch.setenv("PATH", str(other))
    (line,) = lines(check_surroundings())
    assert line.startswith("note    PATH: ")
    assert "source .venv/bin/activate" in line


def test_data_that_copies_of_the_repository_lack(place):
    assert lines(check_for_copies(Path("raw"), "data.root")) == []  # without Git no copies
    git("init", "-q")
    (line,) = lines(check_for_copies(Path("raw"), "data.root"))
    assert line.endswith(f"set data.root to its whole path, {place / 'raw'}")
    assert lines(check_for_copies(place / "raw", "data.root")) == []
    git("add", "raw")
    assert lines(check_for_copies(Path("raw"), "data.root")) == []
