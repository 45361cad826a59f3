import shutil

import pytest

import xshot


@pytest.fixture(scope="session")
def retriever(repository):
    return xshot.Retriever.load(repository / "models/projector", device="cpu")


@pytest.fixture
def copy_of(repository, tmp_path):
    return shutil.copytree(repository, tmp_path / "copy", symlinks=True)
