"""Classes are added by name and examples, searched, and removed; what cannot be is refused."""

from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from tests.serve.asking import answers, png, refusal
from tests.support.repository import write_repository
from xshot.search.retriever import Retriever
from xshot.serve.app import create_app
from xshot.serve.limits import MAX_CLASSES, MAX_EXAMPLES, MAX_NAME


def test_a_class_is_added_searched_and_removed(client, served):
    form = {"name": "  brand   new ", "rows": [5, 6]}
    response = client.post("/api/classes", data=form, files=[("images", ("a.png", png()))])
    assert response.status_code == 201
    assert response.json() == {"added": [{"name": "brand new", "images": 3, "texts": 2}]}
    hits = answers(client.post("/api/search", json={"text": "brand new", "top": 100}))["model"]
    expected = served.with_class("brand new", rows=[5, 6], images=[png()])
    assert [h["row"] for h in hits] == [h.row for h in expected.search(text="brand new", k=100)]
    assert {hit["row"]: hit["guess"] for hit in hits}[5] == "brand new"
    assert client.get("/api/classes").json() == response.json()
    assert client.delete("/api/classes/brand new").json() == {"added": []}
    hits = answers(client.post("/api/search", json={"text": "brand new"}))["model"]
    assert [h["row"] for h in hits] == [h.row for h in served.search(text="brand new")]


def test_a_name_alone_makes_a_class(client):
    response = client.post("/api/classes", data={"name": "<b>only a name</b>"})
    assert response.json()["added"][0]["images"] == 0


@pytest.mark.parametrize("name", ["cats/dogs", "a?b#c", "50%", "a/..", "/"])
def test_a_class_of_any_name_can_be_removed_again(client, name):
    assert client.post("/api/classes", data={"name": name}).json()["added"][0]["name"] == name
    assert client.delete(f"/api/classes/{quote(name, safe='')}").json() == {"added": []}
    assert client.post("/api/classes", data={"name": name}).status_code == 201
    assert client.delete("/api/classes", params={"name": name}).json() == {"added": []}


def test_classes_that_cannot_be_added_are_refused(client, served):
    def post(status, files=None, **form):
        return refusal(client.post("/api/classes", data=form, files=files), status)

    assert "name" in post(422, rows=[1])
    assert "name" in post(422, name="  ")
    assert "name" in post(422, name="x" * (MAX_NAME + 1))
    assert "rows" in post(422, name="a", rows=[len(served.gallery)])
    assert "rows" in post(422, name="a", rows=["one"])
    assert "rows" in post(422, name="a", rows=list(range(MAX_EXAMPLES + 1)))
    post(415, name="a", files=[("images", ("a.png", b"no image"))])
    assert "known already" in post(409, name=served.classes[0])
    assert "not added" in refusal(client.delete("/api/classes/a"), 404)
    for number in range(MAX_CLASSES):
        assert client.post("/api/classes", data={"name": f"class {number}"}).status_code == 201
    assert "remove one" in post(409, name="one more")


def test_a_model_without_coordinates_shows_no_classes_to_add(tmp_path, drawings, tiny_encoder):
    write_repository(tmp_path, drawings, tiny_encoder, variant="gcrdp")
    plain = Retriever.load(tmp_path / "models/projector", device="cpu")
    with TestClient(create_app(plain, hosts=["localhost"]), base_url="http://localhost") as client:
        assert '<form id="teach"' not in client.get("/").text
        refusal(client.post("/api/classes", data={"name": "a"}), 409)
        refusal(client.get("/api/pictures/0"), 404)  # nobody said where the images lie
