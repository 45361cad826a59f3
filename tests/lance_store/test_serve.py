"""The page in the browser on a gallery on disk."""

import pytest
from starlette.testclient import TestClient

from tests.lance_store.conftest import load
from tests.serve.asking import answers, png
from xshot.lance_store.gallery import open_store
from xshot.serve.app import create_app


@pytest.fixture
def client(path, model):
    app = create_app(load(model, open_store(path)), hosts=["localhost"])
    with TestClient(app, base_url="http://localhost") as client:
        yield client


def test_it_searches_adds_classes_and_suggests(client, in_memory):
    asked = {"text": "a red bird", "top": 5, "system": "both"}
    for system, hits in answers(client.post("/api/search", json=asked)).items():
        expected = in_memory.search(text="a red bird", k=5, system=system)
        assert [hit["row"] for hit in hits] == [hit.row for hit in expected]
        assert [hit["labels"] for hit in hits] == [[*hit.labels] for hit in expected]
    form = {"name": "brand new", "rows": [5, 6]}
    added = client.post("/api/classes", data=form, files=[("images", ("a.png", png()))])
    assert added.status_code == 201
    hits = answers(client.post("/api/search", json={"text": "brand new", "top": 5}))["model"]
    expected = in_memory.with_class("brand new", rows=[5, 6], images=[png()])
    assert [hit["row"] for hit in hits] == [
        hit.row for hit in expected.search(text="brand new", k=5)
    ]
    suggested = client.post("/api/suggestions", json={"name": "another", "confirmed": [3]})
    assert len(suggested.json()["hits"]) == 3
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("system", ["model", "both"])
def test_a_table_that_is_gone_is_told(client, path, tmp_path, system):
    path.rename(tmp_path / "elsewhere")
    try:
        answer = client.post("/api/search", json={"text": "a red bird", "system": system})
        assert answer.status_code == 503
        assert "start again" in answer.json()["error"]
    finally:
        (tmp_path / "elsewhere").rename(path)
