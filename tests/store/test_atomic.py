import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from xshot.errors import UserError
from xshot.store.atomic import atomic_dir, atomic_path, write_text

KILLED_IN_THE_MIDDLE = """
import os, signal, sys
from pathlib import Path
from xshot.store.atomic import atomic_dir, atomic_path

target = Path(sys.argv[2])
if sys.argv[1] == "file":
    with atomic_path(target) as temporary:
        temporary.write_text("half")
        os.kill(os.getpid(), signal.SIGKILL)
else:
    with atomic_dir(target) as temporary:
        (temporary / "part").write_text("half")
        os.kill(os.getpid(), signal.SIGKILL)
"""

FULL_DISK = """
import resource, sys
from pathlib import Path
import numpy as np
from xshot.errors import one_line_errors
from xshot.store.atomic import atomic_dir, write_text
from xshot.store.hdf5 import create_table, write_matrix
from xshot.store.models import save_model

def text(folder):
    write_text(folder / "out", "x" * 100_000)

def table(folder):
    with create_table(folder / "out", 1) as file:
        write_matrix(file, "rows", np.zeros((1000, 100), np.float32))

def model(folder):
    with atomic_dir(folder / "out") as temporary:
        save_model(temporary, {"weight": np.zeros((1000, 100), np.float32)}, {})

# Past this many bytes the system refuses to write, as it does on a full disk.
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
with one_line_errors():
    globals()[sys.argv[1]](Path(sys.argv[2]))
"""


def run(script, *arguments):
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")},
        check=False,
    )


def write_dir(path, name, content):
    with atomic_dir(path) as temporary:
        (temporary / name).write_text(content)


class TestFile:
    def test_takes_the_place_of_the_old_file(self, tmp_path):
        path = tmp_path / "deep" / "out.txt"
        write_text(path, "old")
        write_text(path, "new")
        assert path.read_text() == "new"
        assert list(path.parent.iterdir()) == [path]

    @pytest.mark.parametrize("name", ["", ".", "/", "folder"])
    def test_a_folder_is_no_file_to_write(self, tmp_path, monkeypatch, name):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "folder").mkdir()
        with pytest.raises(UserError, match="is a folder; name the file to write"):
            write_text(Path(name), "text")
        assert [path.name for path in tmp_path.rglob("*")] == ["folder"]

    def test_a_failure_leaves_the_old_file(self, tmp_path):
        path = tmp_path / "out.txt"
        write_text(path, "old")
        with pytest.raises(RuntimeError), atomic_path(path) as temporary:  # noqa: PT012
            temporary.write_text("half")
            raise RuntimeError
        assert path.read_text() == "old"
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.parametrize("before", [None, "old"])
    def test_a_kill_leaves_it_absent_or_whole(self, tmp_path, before):
        path = tmp_path / "out.txt"
        if before:
            write_text(path, before)
        assert run(KILLED_IN_THE_MIDDLE, "file", path).returncode == -signal.SIGKILL
        assert (path.read_text() if path.exists() else None) == before
        write_text(path, "next")
        assert list(tmp_path.iterdir()) == [path]


class TestFolder:
    def test_takes_the_place_of_the_old_folder(self, tmp_path):
        path = tmp_path / "deep" / "model"
        write_dir(path, "old", "1")
        write_dir(path, "new", "2")
        assert [file.name for file in path.iterdir()] == ["new"]
        assert list(path.parent.iterdir()) == [path]

    def test_a_failure_leaves_the_old_folder(self, tmp_path):
        path = tmp_path / "model"
        write_dir(path, "old", "1")
        with pytest.raises(RuntimeError), atomic_dir(path) as temporary:  # noqa: PT012
            (temporary / "new").write_text("half")
            raise RuntimeError
        assert (path / "old").read_text() == "1"
        assert list(tmp_path.iterdir()) == [path]

    def test_a_kill_leaves_the_old_one_and_no_trace_after_the_next(self, tmp_path):
        path = tmp_path / "model"
        write_dir(path, "old", "1")
        assert run(KILLED_IN_THE_MIDDLE, "folder", path).returncode == -signal.SIGKILL
        assert [file.name for file in path.iterdir()] == ["old"]
        write_dir(path, "new", "2")
        assert [file.name for file in path.iterdir()] == ["new"]
        assert list(tmp_path.iterdir()) == [path]


class TestDiskErrors:
    @pytest.mark.parametrize("write", [write_text, lambda path, text: write_dir(path, "a", text)])
    def test_a_file_where_a_folder_should_be(self, tmp_path, write):
        (tmp_path / "file").touch()
        path = tmp_path / "file" / "out"
        with pytest.raises(UserError, match="cannot be written") as caught:
            write(path, "text")
        assert str(path) in str(caught.value)

    def test_a_name_that_no_file_can_have(self, tmp_path):
        with pytest.raises(UserError, match="cannot be written: File name too long"):
            write_text(tmp_path / ("a" * 300), "text")

    def test_a_pipe_is_not_replaced(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(UserError, match="is no plain file; name the file to write"):
            write_text(tmp_path / "pipe", "text")
        assert (tmp_path / "pipe").is_fifo()

    @pytest.mark.parametrize("opened", [atomic_path, atomic_dir])
    def test_what_cannot_be_read_meanwhile_is_named_itself(self, tmp_path, opened):
        absent = tmp_path / "drawing.svg"
        with pytest.raises(UserError) as caught, opened(tmp_path / "out"):
            absent.read_text()
        assert str(caught.value) == (
            f"{absent}: No such file or directory; {tmp_path / 'out'} is not written"
        )
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("kind", ["text", "table", "model"])
    def test_a_full_disk_is_one_line_and_leaves_nothing(self, tmp_path, kind):
        result = run(FULL_DISK, kind, tmp_path)
        assert result.returncode == 1
        assert result.stderr == (
            f"error: {tmp_path / 'out'}: cannot be written: File too large; "
            "free space or mend access\n"
        )
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a" * 250, "é" * 125 + ".html"])
def test_names_as_long_as_a_file_system_allows(tmp_path, name):
    write_text(tmp_path / name, "text")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_name_that_is_too_long_is_called_that(tmp_path):
    with pytest.raises(UserError, match="File name too long; give a shorter name"):
        write_text(tmp_path / ("a" * 256), "text")
