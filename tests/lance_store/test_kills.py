"""A table whose writing is killed at any instant can be searched, and a later run completes it."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.support.stage import ROOT
from xshot.errors import UserError
from xshot.lance_store import indexes
from xshot.lance_store.gallery import open_store
from xshot.lance_store.ready_made import ready_made
from xshot.lance_store.writing import write_store

KILLS = 20


def start(path, model, features):
    """The writer, as soon as it begins to write."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.lance_store.worker", path, model, features],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "start\n"
    return process


def finish(path, model, features):
    """Seconds that writing takes if nothing disturbs it."""
    process = start(path, model, features)
    began = time.monotonic()
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    return time.monotonic() - began


@pytest.fixture(scope="module")
def features(many, tmp_path_factory):
    """In two files: the second has lost some rows and got others."""
    folder = tmp_path_factory.mktemp("features")
    rows = many.features["image"]
    np.save(folder / "first.npy", rows[:500])
    np.save(folder / "second.npy", np.concatenate([rows[:450], rows[500:]]))
    return folder


@pytest.fixture(scope="module")
def undisturbed(model, features, tmp_path_factory):
    """The table of the first file, and seconds to bring it to the second."""
    folder = tmp_path_factory.mktemp("undisturbed")
    finish(folder / "s", model, features / "first.npy")
    first = shutil.copytree(folder / "s", folder / "first")
    return first, finish(folder / "s", model, features / "second.npy")


@pytest.mark.parametrize(
    "number", [0, 1, *(pytest.param(n, marks=pytest.mark.slow) for n in range(2, KILLS))]
)
def test_no_row_is_lost_or_doubled(model, features, undisturbed, tmp_path, number):
    first, seconds = undisturbed
    path, draw = tmp_path / "s", random.Random(number)
    if number % 2:
        shutil.copytree(first, path)
    process = start(path, model, features / "second.npy")
    time.sleep(draw.uniform(0, seconds))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    expected = np.load(features / "second.npy")
    if any(path.glob("_versions/*.manifest")):  # else it was killed before there was anything
        rows = [each.tobytes() for each in open_store(path).features["image"][:]]
        assert len(set(rows)) == len(rows)
    finish(path, model, features / "second.npy")
    back = open_store(path)
    rows = back.features["image"][:]
    assert sorted(row.tobytes() for row in rows) == sorted(row.tobytes() for row in expected)
    for column in back.table.dataset.schema.names[-2:]:
        assert indexes.known_rows(back.table.dataset, column) == len(expected)


def test_a_second_process_that_writes_is_refused_and_the_first_goes_on(
    model, embedder, features, tmp_path
):
    path = tmp_path / "s"
    process = start(path, model, features / "first.npy")
    while not any(path.glob("_versions/*.manifest")):
        time.sleep(0.01)
    process.send_signal(signal.SIGSTOP)
    source = ready_made(features / "second.npy", features, "another")
    with pytest.raises(UserError, match="another `xshot index` writes it; wait for that"):
        write_store(path, source, embedder, model)
    process.send_signal(signal.SIGCONT)
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert len(open_store(path)) == 500
