"""Fixtures that several parts of the suite share."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Before NumPy and torch are loaded: the suite's matrices are too small for a second thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings

from tests.support.workspace import Workspace, make_workspace, write_dataset

# A busy machine must not fail a property: what counts is the answer, not when it came.
settings.register_profile("xshot", deadline=None)
settings.load_profile("xshot")

# As in an active environment, in which pytest need not have been started.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(scope="session")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small data set of real drawings and captions, with its manifest.csv."""
    folder = tmp_path_factory.mktemp("drawings")
    write_dataset(folder)
    return folder


@pytest.fixture(scope="session")
def finished(
    tmp_path_factory: pytest.TempPathFactory, drawings: Path, tiny_encoder: Path
) -> Workspace:
    """A clone in which the pipeline has run once; tests leave it as they found it."""
    workspace = make_workspace(tmp_path_factory.mktemp("clone"), drawings, tiny_encoder)
    workspace.repro()
    return workspace


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An open_clip folder that encodes in no time."""
    from tests.support.encoder import write_encoder

    return write_encoder(tmp_path_factory.mktemp("encoder") / "tiny")


@pytest.fixture(scope="session")
def repository(
    tmp_path_factory: pytest.TempPathFactory, drawings: Path, tiny_encoder: Path
) -> Path:
    """A folder with data and a trained model, as the pipeline leaves it; not to be changed."""
    from tests.support.repository import write_repository

    root = tmp_path_factory.mktemp("repository")
    write_repository(root, drawings, tiny_encoder)
    return root


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A Chromium; without one its tests are skipped."""
    names = ("chromium", "chromium-browser", "chrome")
    chromium = next(filter(None, map(shutil.which, names)), None)
    if chromium is None:
        pytest.skip("no Chromium is installed (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Ray with two workers on this machine."""
    ray = pytest.importorskip("ray")
    monkeypatch.setenv("RAY_worker_niceness", "0")  # or they starve on a busy machine
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield ray
    ray.shutdown()
