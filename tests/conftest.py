"""Fixtures that several parts of the suite share."""

from pathlib import Path

import pytest

from tests.support.workspace import Workspace, make_workspace, write_dataset


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
