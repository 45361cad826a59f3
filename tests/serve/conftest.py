"""A server's application around a real model and a small encoder."""

import os
import re
import subprocess
import sys

import pytest
from starlette.testclient import TestClient

from tests.support.stage import ROOT
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


@pytest.fixture(scope="module")
def address(repository):
    """`xshot serve` on a free port, as a user starts it; it complains of nothing that is sent."""
    server = subprocess.Popen(
        [sys.executable, "-m", "xshot.cli.main", "serve", "--port", "0"],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield re.search(r"http://\S+", server.stdout.readline())[0]
    finally:
        server.terminate()
        _, complaints = server.communicate(timeout=30)
    assert complaints == ""
