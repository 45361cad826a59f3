"""What DVC stops at, or waits for, in a folder that stages depend on is named before."""

import os
import socket

import pytest

from tests.support.workspace import run
from xshot.cli.hazards import check_hazards


def make_socket(path):
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.close()


HAZARDS = {
    "broken link": ("old.png", lambda path: path.symlink_to("/nowhere/at/all.png"), "is gone"),
    "editor's lock": (".#a.csv", lambda path: path.symlink_to("user@host.1:2"), "is gone"),
    "circle": ("c.png", lambda path: path.symlink_to("c.png"), "leads in a circle"),
    "pipe": ("pipe", os.mkfifo, "not a file, but a pipe"),
    "socket": ("socket", make_socket, "not a file, but a pipe, a socket"),
    "not UTF-8": (os.fsdecode(b"caf\xe9.png"), lambda path: path.touch(), "not UTF-8; rename it"),
    "notes": ("my.dvc", lambda path: path.write_text("notes"), "of DVC's own, but is none"),
    "half a file of DVC's": ("a.dvc", lambda path: path.write_text("outs: ["), "move it elsewhere"),
    "another's": ("dvc.yaml", lambda path: path.write_text("hello: 1"), "move it elsewhere"),
    "ignore file": (".dvcignore", lambda path: path.touch(), "move it elsewhere"),
}


@pytest.fixture
def folder(tmp_path):
    for name in (".git", ".dvc", "@eaDir", "fine"):
        (tmp_path / "raw" / name).mkdir(parents=True)
        (tmp_path / "raw" / name / "a.png").touch()
    (tmp_path / "raw/b.png").symlink_to("fine/a.png")
    (tmp_path / "raw/up").symlink_to("fine")
    return tmp_path / "raw"


def test_what_dvc_takes_is_fine(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    (folder / ".git/gone").symlink_to("nowhere")
    (folder / "fine/a.png.dvc").write_text(
        "outs: [{md5: d41d8cd98f00b204e9800998ecf8427e, path: a}]"
    )
    (folder / "fine/dvc.yaml").touch()
    assert list(check_hazards(folder)) == []
    assert list(check_hazards(folder / "absent")) == []


@pytest.mark.parametrize("name", HAZARDS)
def test_hazards_are_named_with_what_to_do(folder, name, monkeypatch):
    monkeypatch.chdir(folder.parent)
    file, make, told = HAZARDS[name]
    make(folder / "@eaDir" / file)
    (finding,) = check_hazards(folder)
    assert finding.mark == "wrong"
    line = str(finding)
    assert "raw/@eaDir/" in line
    assert told in line
    assert ";" in line


def test_they_are_counted(folder):
    for name in "xyz":
        (folder / name).symlink_to("nowhere")
    (finding,) = check_hazards(folder)
    assert "raw/x (and 2 more): " in str(finding)


@pytest.mark.parametrize("name", sorted(HAZARDS.keys() - {"pipe"}))  # for which DVC waits
def test_dvc_does_stop_there(tmp_path, name):
    """DVC's own behaviour: a version that takes them fails here, and its hazard can go."""
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/a.png").touch()
    run(["dvc", "init", "--no-scm", "-q"], tmp_path)
    (tmp_path / "dvc.yaml").write_text("stages:\n  s:\n    cmd: echo done\n    deps: [raw]\n")
    file, make, _ = HAZARDS[name]
    make(tmp_path / "raw" / file)
    assert run(["dvc", "repro", "-q"], tmp_path, check=False).returncode
    (tmp_path / "raw" / file).unlink()
    assert run(["dvc", "repro", "-q"], tmp_path, check=False).returncode == 0


def test_a_data_set_cannot_lie_around_the_outputs(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    for around in (folder.parent, folder.parent.parent):
        (finding,) = check_hazards(around)
        assert "a folder of its own" in finding.text
    assert list(check_hazards(folder)) == []
