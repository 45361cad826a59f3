"""The server's answers are the library's; what it cannot or must not do gets a clear 4xx."""

import threading
import zlib
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from io import BytesIO
from itertools import islice

import pytest
from PIL import Image

from tests.report.test_palette import contrast
from tests.serve.asking import answers, png, refusal
from xshot.report.palette import BACKGROUNDS, DARK, LIGHT
from xshot.serve import app as module
from xshot.serve.limits import MAX_BODY, MAX_TEXT, MAX_TOP


@pytest.mark.parametrize("system", ["model", "clip", "both"])
@pytest.mark.parametrize("find", [None, "image", "text"])
def test_a_text_gets_the_librarys_answer(client, served, system, find):
    query = {"text": " a red bird ", "top": 5, "system": system, "find": find}
    found = answers(client.post("/api/search", json=query))
    systems = ["model", "clip"] if system == "both" else [system]
    assert list(found) == systems
    for name in systems:
        hits = served.search(text="a red bird", k=5, system=name, find=find)
        assert [hit["row"] for hit in found[name]] == [hit.row for hit in hits]
        best = asdict(hits[0])
        assert found[name][0].pop("labels") == list(best.pop("labels"))
        assert found[name][0] == pytest.approx(best, abs=1e-5)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_an_image_gets_the_librarys_answer(client, served, kind):
    data = png(kind=kind)
    found = answers(client.post("/api/search/image?top=4&system=clip", content=data))
    hits = served.search(image=data, k=4, system="clip")
    assert [hit["row"] for hit in found["clip"]] == [hit.row for hit in hits]


def test_many_texts_at_once_get_their_own_answers(client, served):
    texts = [f"a picture of number {number}" for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: client.post("/api/search", json={"text": text}), texts))
    for text, response in zip(texts, found, strict=True):
        rows = [hit["row"] for hit in answers(response)["model"]]
        assert rows == [hit.row for hit in served.search(text=text)]


def test_pictures_are_small_jpegs_by_row_number(client, served):
    response = client.get("/api/pictures/0")
    assert response.headers["content-type"] == "image/jpeg"
    assert Image.open(BytesIO(response.content)).format == "JPEG"
    refusal(client.get(f"/api/pictures/{len(served.gallery)}"), 404)
    refusal(client.get("/api/pictures/-1"), 404)


def test_a_kept_picture_is_shown_again_only_if_it_is_the_same(client):
    first, second = (client.get(f"/api/pictures/{row}") for row in (0, 1))
    assert first.headers["cache-control"] == "private, no-cache"
    same = client.get("/api/pictures/0", headers={"if-none-match": first.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    other = client.get("/api/pictures/0", headers={"if-none-match": second.headers["etag"]})
    assert (other.status_code, other.content) == (200, first.content)


def test_what_is_sent_in_the_wrong_wrapping_is_told(client):
    form = client.post("/api/search/image", files={"image": ("a.png", png())})
    assert "send the file's bytes alone" in refusal(form, 415)
    headers = {"content-type": "application/json"}
    broken = client.post("/api/search", content=b'{"text": ', headers=headers)
    assert "send an object such as" in refusal(broken, 422)


@pytest.mark.parametrize(
    "path",
    [
        "/api/pictures/..%2f..%2fparams.yaml",
        "/api/pictures/%2fetc%2fpasswd",
        "/params.yaml",
        "/../params.yaml",
        "/static/app.py",
        "/api/docs",
        "/openapi.json",
        "/raw/manifest.csv",
    ],
)
def test_no_path_of_the_server_can_be_reached(client, path):
    response = client.get(path)
    assert response.status_code in (404, 422)
    assert "error" in response.json()


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, "text"),
        ({"text": 5}, "text"),
        ({"text": ""}, "text"),
        ({"text": "   "}, "text"),
        ({"text": "x" * (MAX_TEXT + 1)}, "text"),
        ({"text": "a", "top": 0}, "top"),
        ({"text": "a", "top": MAX_TOP + 1}, "top"),
        ({"text": "a", "top": "3"}, "top"),
        ({"text": "a", "system": "other"}, "system"),
        ({"text": "a", "find": "../etc"}, "find"),
        ({"text": "a", "more": 1}, "more"),
    ],
)
def test_a_bad_query_is_named(client, query, names):
    assert names in refusal(client.post("/api/search", json=query), 422)


def test_what_is_no_json_is_a_bad_request(client):
    headers = {"content-type": "application/json"}
    refusal(client.post("/api/search", content=b"{", headers=headers), 422)
    refusal(client.get("/api/search"), 405)
    # As curl sends it where nobody says otherwise.
    headers = {"content-type": "application/x-www-form-urlencoded"}
    told = refusal(client.post("/api/search", content=b'{"text": "a"}', headers=headers), 422)
    assert "content-type: application/json" in told


def test_a_second_slash_of_a_proxy_is_passed_over(client):
    address = f"{client.base_url}//api/search"
    assert client.post(address, json={"text": "red", "top": 1}).status_code == 200


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no image",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        png(kind="ICO"),
    ],
    ids=["empty", "text", "svg", "postscript", "ico"],
)
def test_only_images_of_some_formats_are_taken(client, data):
    assert "PNG" in refusal(client.post("/api/search/image", content=data), 415)


def test_a_damaged_image_is_refused(client):
    data = png((300, 300))
    refusal(client.post("/api/search/image", content=data[: len(data) // 2]), 422)


def test_a_decompression_bomb_is_refused_before_it_is_decoded(client):
    header = bytearray(png())
    header[16:24] = (60_000).to_bytes(4, "big") * 2  # width and height, in the first chunk
    header[29:33] = zlib.crc32(header[12:29]).to_bytes(4, "big")
    message = refusal(client.post("/api/search/image", content=bytes(header)), 422)
    assert "pixels" in message or "Bomb" in message


def test_a_large_body_is_refused_whether_it_says_so_or_not(client):
    data = b"\0" * (MAX_BODY + 1)
    assert "10 MiB" in refusal(client.post("/api/search/image", content=data), 413)
    parts = (data[:MAX_BODY], data[MAX_BODY:])
    assert "10 MiB" in refusal(client.post("/api/search/image", content=iter(parts)), 413)
    assert "10 MiB" in refusal(client.post("/api/search", content=iter(parts)), 413)


def test_images_past_the_queue_get_503_and_when_to_come_again(client, served, monkeypatch):
    may_go_on, working = threading.Event(), threading.Event()
    encode = module._encoded

    def slowly(retriever, data):
        working.set()
        may_go_on.wait(20)
        return encode(retriever, data)

    monkeypatch.setattr(module, "_encoded", slowly)
    data, waiting = png(), module.WAITING_IMAGES

    def post():
        return client.post("/api/search/image?top=1", content=data)

    with ThreadPoolExecutor(waiting + 4) as pool:
        first = pool.submit(post)
        assert working.wait(20)
        others = [pool.submit(post) for _ in range(waiting + 3)]
        # Three find no place in the queue; texts do not stand in it.
        turned_away = list(islice(as_completed(others, timeout=20), 3))
        assert {future.result().status_code for future in turned_away} == {503}
        assert client.post("/api/search", json={"text": "a dog"}).status_code == 200
        may_go_on.set()
        responses = [future.result() for future in (first, *others)]
    statuses = [response.status_code for response in responses]
    assert sorted(statuses) == [200] * (1 + waiting) + [503] * 3
    for response in responses:
        if response.status_code == 503:
            assert int(response.headers["retry-after"]) > 0
            refusal(response, 503)


def test_the_head_of_the_page_can_be_asked_for(client):
    response = client.head("/")
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-type"] == client.get("/").headers["content-type"]


def test_the_page_needs_nothing_from_elsewhere(client):
    response = client.get("/")
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http://" not in response.text
    assert "https://" not in response.text
    assert " style=" not in response.text
    assert " onclick=" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_letters_on_coloured_buttons_can_be_read(theme):
    assert contrast(theme["page"], theme["model"]) >= 4.5
    for background in BACKGROUNDS:
        assert contrast(theme["muted"], theme[background]) >= 4.5


def test_suggestions_are_the_librarys_and_leave_out_what_was_answered(client, served):
    query = {"name": "a  new one", "n": 4, "confirmed": [0], "refused": [1, 2]}
    response = client.post("/api/suggestions", json=query)
    hits = served.suggest("a new one", n=4, confirmed=[0], refused=[1, 2])
    assert [hit["row"] for hit in response.json()["hits"]] == [hit.row for hit in hits]
    assert not {0, 1, 2} & {hit.row for hit in hits}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"name": " "}, "name is empty"),
        ({"confirmed": [10**6]}, "no such row"),
        ({"refused": [-1]}, "no such row"),
        ({"n": 0}, "n"),
    ],
)
def test_suggestions_that_cannot_be_made_are_refused(client, change, complaint):
    response = client.post("/api/suggestions", json={"name": "new", **change})
    assert complaint in refusal(response, 422)
