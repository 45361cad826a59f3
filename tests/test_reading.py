"""Files of others: what they are is known before they are opened, and why not is told fittingly."""

import errno
import os
import socket
from pathlib import Path

import h5py
import pytest

from xshot.reading import (
    FileTroubleError,
    check_file,
    explain,
    is_passing,
    open_text,
    read_file,
)
from xshot.store.hdf5 import explain_hdf5

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935\nsize 12345\n"


def make_pipe(path):
    os.mkfifo(path)


def make_socket(path):
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.close()


NOT_FILES = {
    "pipe": (make_pipe, "a named pipe, not a file; name a file"),
    "socket": (make_socket, "a socket, not a file; name a file"),
    "folder": (lambda path: path.mkdir(), "a folder, not a file; name a file"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "a device, not a file; name a file"),
    "broken link": (
        lambda path: path.symlink_to("gone.png"),
        "No such file or directory (a link to gone.png, which is gone); do this",
    ),
    "circle": (
        lambda path: path.symlink_to(path.name),
        "a link that leads in a circle; mend or remove the link",
    ),
    "absent": (lambda path: None, "No such file or directory; do this"),
    "pointer": (
        lambda path: path.write_bytes(POINTER),
        "a pointer of Git LFS, not the file itself; type `git lfs pull` in the repository that it "
        "is from",
    ),
}


@pytest.mark.parametrize("make", NOT_FILES)
@pytest.mark.parametrize("read", [check_file, read_file, open_text])
def test_what_is_no_file_is_never_waited_for(tmp_path, make, read):
    path = tmp_path / "a.png"
    NOT_FILES[make][0](path)
    with pytest.raises(OSError, match=r".") as problem:
        read(path)
    assert explain(problem.value, "do this") == NOT_FILES[make][1]


@pytest.mark.parametrize("name", ["a\0b", "x" * 300])
def test_names_that_no_file_has(tmp_path, name):
    with pytest.raises(OSError, match=r"null byte in its name|too long"):
        read_file(tmp_path / name)


def test_a_file_that_grows_while_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(b"half")
    real = os.fstat

    def grow(descriptor):
        if Path(f"/proc/self/fd/{descriptor}").readlink() == path:
            with path.open("ab") as file:
                file.write(b" and more")
        return real(descriptor)

    monkeypatch.setattr(os, "fstat", grow)
    with pytest.raises(FileTroubleError) as problem:
        read_file(path)
    assert explain(problem.value, "") == "still being written; try again when that is done"


TEXT = "id,text\r1,ä 鸟\r\n2,😀\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        b"\xef\xbb\xbf" + TEXT.encode(),
        b"\xef\xbb\xbf" * 2 + TEXT.encode(),
        TEXT.encode("utf-16"),
        b"\xff\xfe" * 2 + TEXT.encode("utf-16-le"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
    ],
)
def test_encodings_that_programs_write(tmp_path, data):
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with open_text(path) as file:
        assert file.read() == TEXT


@pytest.mark.parametrize("text", ["", "x", "\n"])
def test_short_texts(tmp_path, text):
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode())
    with open_text(path) as file:
        assert file.read() == text


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.EAGAIN, "in use"),
        (errno.EBUSY, "in use"),
        (errno.ENOLCK, "HDF5_USE_FILE_LOCKING"),
        (errno.ESTALE, "network folder"),
        (errno.EIO, "does not answer"),
        (errno.EMFILE, "too many files"),
        (errno.EACCES, "permission denied"),
    ],
)
def test_what_passes_is_not_damage(number, told):
    error = OSError(number, os.strerror(number))
    assert is_passing(error)
    assert told in explain(error, "make it anew")
    assert "make it anew" not in explain(error, "make it anew")


def test_what_does_not_pass_keeps_the_remedy():
    error = OSError(errno.ENAMETOOLONG, "File name too long")
    assert not is_passing(error)
    assert explain(error, "make it anew") == "File name too long; make it anew"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("unable to lock file, errno = 11, error message = 'Resource te", "in use"),
        ("unable to lock file, errno = 13, error message = 'Permission", "in use"),
        ("unable to lock file, errno = 37, error message = 'No locks", "HDF5_USE_FILE_LOCKING"),
        ("unable to lock file, errno = 95, error message = 'Operation", "HDF5_USE_FILE_LOCKING"),
        ("truncated file: eof = 96, sblock->base_addr = 0", "incomplete: still being written"),
        ("file is already open for write (may use <h5clear file>", "marked as open for writing"),
        ("file signature not found", "truncated or not an HDF5 file"),
    ],
)
def test_hdf5s_words(text, told):
    assert told in explain_hdf5(OSError(f"Unable to synchronously open file ({text})"), "redo")


def test_hdf5_says_what_the_table_expects(tmp_path):
    """The words are HDF5's own: a version that says it otherwise fails here."""
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["x"] = range(999)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(OSError, match="truncated file"):
        h5py.File(path, "r")
