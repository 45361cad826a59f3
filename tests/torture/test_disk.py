"""A full disk and a read-only folder: one line, exit 1, and nothing half-written."""

import ctypes
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.torture.counts import ALL
from tests.torture.test_kills_of_stages import outs

STAGES = (
    *("prepare", "extract", "episode", "select", "fit_gmm", "train_vaegan", "synthesize"),
    *("train_projector", "evaluate"),
)
LIMITS = (0, 700) if ALL else (0,)
_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE = 24, 1


def full_after(limit: int) -> Callable[[], None]:
    """No file of the process grows beyond `limit` bytes, as on a disk that is full."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


def obey_modes() -> None:
    """Give up root's right to write where the file's mode forbids it; takes effect with exec."""
    ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE)


@pytest.fixture
def folder(finished, tmp_path):
    copy = tmp_path / "clone"
    shutil.copytree(finished.path, copy, ignore=shutil.ignore_patterns(".dvc", ".git", ".cache"))
    return copy


def run(stage: str, folder: Path, before: Callable[[], None]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", f"pipeline.{stage}"],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(folder / "src"),
            "PYTHONDONTWRITEBYTECODE": "1",
            # The limit also meets joblib, which then warns that it will do without semaphores.
            "PYTHONWARNINGS": "ignore::UserWarning",
        },
        preexec_fn=before,
        capture_output=True,
        text=True,
        check=False,
    )


def assert_one_line_and_nothing_left(done, folder, stage):
    assert done.returncode == 1, done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: ")
    assert "cannot be written" in done.stderr
    # `evaluate` writes metrics, plots and page in turn: those before the full one are whole.
    present = [out for out in outs(folder, stage) if (folder / out).exists()]
    assert present == []
    assert not list(folder.rglob(".*.partial"))


def remove(folder, stage):
    for out in outs(folder, stage):
        path = folder / out
        shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.mark.torture
@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("stage", STAGES)
def test_a_full_disk(folder, stage, limit):
    remove(folder, stage)
    done = run(stage, folder, full_after(limit))
    if done.returncode == 0:  # small enough to fit
        assert limit
    else:
        assert_one_line_and_nothing_left(done, folder, stage)


@pytest.fixture
def small_disk(folder, tmp_path):
    """The same folder on a disk of its own, which has to be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("needs the right to mount a disk")
    try:
        shutil.copytree(folder, disk / "clone")
        yield disk / "clone"
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def fill(disk: Path) -> None:
    with (disk / "filling").open("wb", buffering=0) as file:
        for size in (2**20, 4096):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue


@pytest.mark.torture
@pytest.mark.skipif(not ALL, reason="the slice has the limits instead")
@pytest.mark.parametrize("stage", STAGES)
def test_a_disk_that_is_really_full(small_disk, stage):
    remove(small_disk, stage)
    fill(small_disk.parent)
    done = run(stage, small_disk, lambda: None)
    assert "No space left on device" in done.stderr
    assert_one_line_and_nothing_left(done, small_disk, stage)


@pytest.mark.torture
@pytest.mark.parametrize("stage", STAGES)
def test_a_read_only_folder(folder, stage):
    remove(folder, stage)
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(0o555)
    try:
        done = run(stage, folder, obey_modes)
        assert_one_line_and_nothing_left(done, folder, stage)
    finally:
        for path in (folder, *folder.rglob("*")):
            if path.is_dir():
                path.chmod(0o755)
