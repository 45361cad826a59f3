"""What is added on the page becomes rows of a manifest that `prepare` reads."""

import csv
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from xshot.datasets import manifest
from xshot.errors import UserError
from xshot.serve.app import create_app
from xshot.serve.saving import Example, Saving


def png(colour):
    buffer = BytesIO()
    Image.new("RGB", (20, 20), colour).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def client(served, tmp_path):
    app = create_app(served, hosts=["localhost"], saving=Saving(tmp_path / "grown"))
    with TestClient(app, base_url="http://localhost") as client:
        yield client


def test_a_class_of_uploads_and_rows_becomes_a_manifest(client, served, tmp_path):
    files = [("images", (f"{colour}.png", png(colour))) for colour in ("red", "blue")]
    data = {"name": "Zebra fish!", "rows": ["0"]}
    assert client.post("/api/classes", data=data, files=files).status_code == 201
    rows = manifest.read(tmp_path / "grown")
    assert [row.labels for row in rows] == [("Zebra fish!",)] * 3
    assert [row.text for row in rows] == [served.gallery.texts[0], "Zebra fish!", "Zebra fish!"]
    shown = [np.asarray(Image.open(tmp_path / "grown" / row.image)) for row in rows]
    assert shown[1][0, 0].tolist() == [255, 0, 0]
    np.testing.assert_array_equal(
        shown[0], np.asarray(Image.open(served.gallery.picture(0)).convert("RGB"))
    )
    assert "manifest.csv" in client.get("/").text


def test_a_class_that_is_removed_is_taken_back(client, tmp_path):
    for name, colour in (("one", "red"), ("two", "blue")):
        files = [("images", ("a.png", png(colour)))]
        assert client.post("/api/classes", data={"name": name}, files=files).status_code == 201
    assert client.delete("/api/classes/one").status_code == 200
    assert [row.labels for row in manifest.read(tmp_path / "grown")] == [("two",)]
    assert len(list((tmp_path / "grown").rglob("*.png"))) == 1


def test_an_example_that_is_gone_is_named_and_nothing_is_left(tmp_path):
    examples = [Example(png("red")), Example(tmp_path / "gone.png")]
    with pytest.raises(UserError, match=r"gone.png: No such file or directory; name"):
        Saving(tmp_path / "grown").add("fish", examples)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


@pytest.mark.parametrize(
    ("name", "told"),
    [("a|b", "separates labels"), ("\x1b[31m", "control character"), ("\0", "control character")],
)
def test_what_cannot_be_saved_is_not_added(client, name, told):
    files = [("images", ("a.png", png("red")))]
    refused = client.post("/api/classes", data={"name": name}, files=files)
    assert refused.status_code == 409
    assert told in refused.json()["error"]
    assert client.get("/api/classes").json() == {"added": []}


@pytest.mark.parametrize(
    "before",
    [
        "image,text,label\na.png,one,cat\n",
        "image,text,label\na.png,one,cat",
        "\ufeffid,label,split,image,text,note\r\nx,cat,test,a.png,one,mine\r\n",
    ],
)
def test_rows_join_those_of_a_manifest_that_is_there(tmp_path, before):
    (tmp_path / "manifest.csv").write_bytes(before.encode())
    (tmp_path / "a.png").write_bytes(png("green"))
    saving = Saving(tmp_path)
    saving.add("new", [Example(tmp_path / "a.png", "a text, with a comma"), Example(png("red"))])
    rows = manifest.read(tmp_path)
    assert [row.labels for row in rows] == [("cat",), ("new",), ("new",)]
    assert rows[1].image == "a.png"
    assert rows[1].text == "a text, with a comma"
    assert len({row.id for row in rows}) == 3
    if "split" in before:
        assert [row.split for row in rows] == ["test", "train", "train"]
        with (tmp_path / "manifest.csv").open(encoding="utf-8-sig", newline="") as file:
            assert next(csv.DictReader(file))["note"] == "mine"
    saving.remove("new")
    assert (tmp_path / "manifest.csv").read_bytes().rstrip() == before.encode().rstrip()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("manifest.jsonl", "{}", "holds manifest.jsonl, and rows are added to a manifest.csv"),
        ("manifest.csv", "image;text;label\n", "no column image; its first line must name"),
        ("manifest.csv", "image,label\n", "no column text"),
    ],
)
def test_a_manifest_that_rows_cannot_join_is_told(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=message):
        Saving(tmp_path)
