"""`extract` killed at random instants: what was encoded stays, and the bytes come out the same."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.workspace import Workspace
from tests.torture.counts import KILLS_OF_EXTRACT
from xshot.encoder.cache import FeatureCache

OUTPUTS = ("data/features.h5", "data/rejected.csv")
PARTS = ("image", "text")


def start(folder: Path) -> subprocess.Popen[bytes]:
    """The stage as the leader of a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline.extract"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def outputs(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in OUTPUTS]


def stored_rows(folder: Path, part: str, scratch: Path) -> tuple[int, int]:
    """Distinct rows in the cache, and rows of all its shards one by one."""
    total = 0
    folders = list(folder.glob(f".cache/features/*/{part}"))
    for number, shard in enumerate(folders[0].glob("*.shard") if folders else ()):
        alone = scratch / part / str(number)
        alone.mkdir(parents=True)
        shutil.copy(shard, alone)
        total += len(FeatureCache(alone))
    return sum(len(FeatureCache(path)) for path in folders), total


@pytest.fixture(scope="module")
def original(finished: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which nothing has been extracted yet, many texts longer than one batch."""
    folder = tmp_path_factory.mktemp("killed") / "original"
    shutil.copytree(finished.path, folder, ignore=shutil.ignore_patterns(".dvc", ".git", ".cache"))
    for name in OUTPUTS:
        (folder / name).unlink()
    return folder


@pytest.fixture(scope="module")
def undisturbed(original: Path) -> tuple[list[bytes], tuple[int, int], float]:
    """Outputs, rows in the cache and seconds of work of a run that nothing disturbs."""
    folder = original.with_name("undisturbed")
    shutil.copytree(original, folder)
    process = start(folder)
    began = wait_for_work(folder, process)
    assert process.wait() == 0
    seconds = time.monotonic() - began
    rows = tuple(stored_rows(folder, part, folder / "count")[0] for part in PARTS)
    return outputs(folder), rows, seconds


def wait_for_work(folder: Path, process: subprocess.Popen[bytes]) -> float:
    while process.poll() is None and not (folder / ".cache").exists():
        time.sleep(0.001)
    return time.monotonic()


@pytest.mark.torture
@pytest.mark.parametrize("number", range(KILLS_OF_EXTRACT))
def test_a_kill_costs_no_encoded_row_and_no_byte(original, undisturbed, tmp_path, number):
    expected, rows, seconds = undisturbed
    folder = tmp_path / "killed"
    shutil.copytree(original, folder)
    draw = random.Random(number)
    process = start(folder)
    if number % 5:  # else at any instant, loading included
        wait_for_work(folder, process)
    time.sleep(draw.uniform(0, seconds))
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    for name, content in zip(OUTPUTS, expected, strict=True):
        if (folder / name).exists():
            assert (folder / name).read_bytes() == content

    resumed = start(folder)
    _, errors = resumed.communicate()
    assert (resumed.returncode, errors) == (0, b"")
    assert outputs(folder) == expected
    for part, count in zip(PARTS, rows, strict=True):
        # Equal: none was encoded again that had got beyond the batch in flight.
        assert stored_rows(folder, part, tmp_path / "count") == (count, count)
