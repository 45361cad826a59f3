"""The stage behind the stages that feed it, run once for all tests."""

import shutil
from pathlib import Path

import pytest

from tests.pipeline.evaluate.inputs import fit, run, write_inputs


@pytest.fixture(scope="session")
def fitted(tmp_path_factory):
    """A project in which everything but `evaluate` has run."""
    folder = tmp_path_factory.mktemp("fitted")
    write_inputs(folder)
    fit(folder)
    return folder


@pytest.fixture(scope="session")
def evaluated(fitted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluated") / "project"
    shutil.copytree(fitted, folder)
    run(folder, "evaluate")
    return folder


@pytest.fixture
def project(fitted, tmp_path):
    return Path(shutil.copytree(fitted, tmp_path / "project"))
