"""A place to bring things to."""

import shutil

import pytest
from starlette.testclient import TestClient

from tests.brought.doors import Place, xshot
from xshot.pictures import formats
from xshot.search.gallery import read_dataset
from xshot.search.retriever import Retriever
from xshot.serve.app import create_app


@pytest.fixture(autouse=True)
def no_extras(monkeypatch):
    """As without the plugins for HEIC and JPEG XL."""
    monkeypatch.setattr(formats, "_FOUND", {extra.name: False for extra in formats.EXTRAS})


@pytest.fixture(scope="session")
def shared(repository, tmp_path_factory):
    """A trained model, an index and a server, which no test changes."""
    root = tmp_path_factory.mktemp("shared")
    for name in ("encoder", "models"):
        (root / name).symlink_to(repository / name)
    shutil.copy(repository / "params.yaml", root)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        assert "search with" in xshot("index", repository / "raw/images", "--out", "index.h5")
    gallery = read_dataset(repository, repository / "raw")
    retriever = Retriever.load(repository / "models/projector", gallery=gallery, device="cpu")
    app = create_app(retriever, hosts=["localhost"])
    with TestClient(app, base_url="http://localhost") as client:
        yield Place(root / "raw", root / "index.h5", retriever, client)


@pytest.fixture
def place(shared, tmp_path, monkeypatch):
    """A working directory of its own."""
    root = shared.index.parent
    for name in ("encoder", "models"):
        (tmp_path / name).symlink_to(root / name)
    shutil.copy(root / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "raw").mkdir()
    return Place(tmp_path / "raw", shared.index, shared.retriever, shared.client)
