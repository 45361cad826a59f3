"""A walk opens nothing, ends, and tells what it passes over."""

import os
import socket

import pytest

from xshot.walking import Passed, walk


@pytest.fixture
def folder(tmp_path):
    """What lies about on disks of all kinds."""
    for name in (
        "b/c",
        "@eaDir",
        "#recycle",
        "$RECYCLE.BIN",
        "b/__MACOSX",
        ".hidden",
        ".thumbnails",
    ):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "a.jpg").touch()
    (tmp_path / "z.jpg").touch()
    (tmp_path / ".y.jpg").touch()
    os.mkfifo(tmp_path / "pipe.jpg")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "socket.jpg"))
    server.close()
    (tmp_path / "device.jpg").symlink_to("/dev/zero")
    (tmp_path / "gone.jpg").symlink_to("nowhere")
    (tmp_path / "circle.jpg").symlink_to("circle.jpg")
    (tmp_path / "good link.jpg").symlink_to("z.jpg")
    (tmp_path / "b/up").symlink_to(tmp_path)
    return tmp_path


def test_everything_is_found_or_told(folder):
    passed = Passed()
    found = dict(walk(folder, passed))
    assert [path for path, problem in found.items() if problem is None] == [
        "good link.jpg",
        "z.jpg",
        "b/c/a.jpg",
    ]
    special = "not a file, but a pipe, a socket or a device"
    assert {path: problem for path, problem in found.items() if problem} == {
        "pipe.jpg": special,
        "socket.jpg": special,
        "device.jpg": special,
        "gone.jpg": "a link to nowhere, which is gone; mend or remove it",
        "circle.jpg": "a link that leads in a circle; mend or remove it",
    }
    assert list(passed.notes()) == [
        "passed over: 3 hidden files and folders, such as .hidden",
        "passed over: 4 folders that devices make, such as #recycle",
        "passed over: 1 links to folders, such as b/up; name what they lead to, if it is to count",
    ]


def test_hidden_files_and_devices_too(folder):
    assert {path for path, _ in walk(folder, Passed(), everything=True)} >= {
        ".y.jpg",
        ".hidden/a.jpg",
        ".thumbnails/a.jpg",
        "@eaDir/a.jpg",
    }


def test_a_folder_that_cannot_be_read_is_told(folder, monkeypatch):
    real = os.scandir

    def scandir(path):
        if path == folder / "b/c":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    passed = Passed()
    assert "b/c/a.jpg" not in dict(walk(folder, passed))
    assert "not read: b/c: permission denied; mend its access rights" in passed.notes()
