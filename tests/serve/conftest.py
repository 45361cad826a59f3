"""A server's application around a real model and a small encoder."""

import pytest
from starlette.testclient import TestClient

from xshot.search.gallery import read_dataset
from xshot.search.retriever import Retriever
from xshot.serve.app import create_app


@pytest.fixture(scope="session")
def served(repository):
    """The retriever of the test repository, which knows where the images lie."""
    gallery = read_dataset(repository, repository / "raw")
    return Retriever.load(repository / "models/projector", gallery=gallery, device="cpu")


@pytest.fixture
def client(served):
    app = create_app(served, hosts=["localhost"])
    with TestClient(app, base_url="http://localhost") as client:
        yield client
