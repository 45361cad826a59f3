"""`xshot search`: what a user types and what comes out."""

import json
import re
import sys
from pathlib import Path

import h5py
import open_clip
import pytest
import torch
from safetensors.torch import load_file

from tests.support.encoder import CONFIG
from xshot.encoder.checkpoint import read_encoder_files
from xshot.encoder.files import FileHashes
from xshot.encoder.fingerprint import identify
from xshot.errors import UserError


def test_a_table_has_a_line_per_answer(xshot):
    lines = xshot("search", "a red bird", "--top", 3).stdout.splitlines()
    assert lines[0] == "model"
    assert lines[1].split() == ["score", "image", "classes", "text"]
    assert [line.split()[0] for line in lines[2:]] == ["1", "2", "3"]
    scores = [float(line.split()[1]) for line in lines[2:]]
    assert scores == sorted(scores, reverse=True)


def test_clip_and_the_model_side_by_side_as_json(xshot):
    tree = json.loads(xshot("search", "a red bird", "--system", "both", "--json").stdout)
    assert tree["query"] == "a red bird"
    assert list(tree["answers"]) == ["model", "clip"]
    assert all(len(hits) == 12 for hits in tree["answers"].values())
    assert tree["answers"]["model"][0].keys() == tree["answers"]["clip"][0].keys()
    one = json.loads(xshot("search", "a red bird", "--system", "clip", "--json").stdout)
    assert one["answers"] == {"clip": tree["answers"]["clip"]}


def test_the_page_shows_the_pictures_and_needs_nothing_else(xshot, tmp_path):
    page = tmp_path / "answers.html"
    query = '<b>"red" & bird</b>'
    assert str(page) in xshot("search", query, "--top", 4, "--html", page).stdout
    html = page.read_text(encoding="utf-8")
    assert html.count('<img src="data:image/jpeg;base64,') == 4
    assert query not in html
    assert "&lt;b&gt;" in html
    assert not re.findall(r"(?:src|href)=\"(?!data:)|url\(|@import", html)


def test_an_image_asks(xshot, tmp_path):
    image = next(iter(sorted((tmp_path / "copy/raw/images").glob("*.png"))))
    done = xshot("search", "--image", image, "--find", "image", "--system", "clip", "--top", 1)
    assert len(done.stdout.splitlines()) == 3


@pytest.fixture
def behind_a_checkpoint(xshot, monkeypatch):
    """Names the model's encoder as `clip.weights: epoch_3.pt`, `clip.architecture: tiny` would."""

    def rename():
        state = load_file("encoder/open_clip_model.safetensors")
        weights = {f"module.{name}": tensor for name, tensor in state.items()}
        torch.save({"epoch": 3, "state_dict": weights}, "epoch_3.pt")
        Path("encoder").unlink()
        monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, "tiny", CONFIG["model_cfg"])
        files = read_encoder_files(Path("epoch_3.pt"), "tiny")
        identity = identify(
            files, precision="float32", device="cpu", hashes=FileHashes(Path("hashes.json"))
        )
        config = Path("models/projector/config.json")
        tree = json.loads(config.read_text())
        tree["provenance"] |= {
            "encoder_fingerprint": identity.fingerprint,
            "encoder_path": "epoch_3.pt",
            "encoder_architecture": "tiny",
        }
        config.write_text(json.dumps(tree))
        with h5py.File("data/features.h5", "r+") as file:
            file.attrs["encoder_fingerprint"] = identity.fingerprint
            file.attrs["encoder"] = json.dumps(identity.details)

    return rename


@pytest.mark.parametrize("by_image", [False, True])
def test_a_checkpoint_finds_what_the_folder_of_the_same_weights_finds(
    xshot, tmp_path, behind_a_checkpoint, by_image
):
    image = next(iter(sorted((tmp_path / "copy/raw/images").glob("*.png"))))
    query = ["--image", image] if by_image else ["a red bird"]
    of_folder = json.loads(xshot("search", *query, "--json").stdout)
    behind_a_checkpoint()
    assert json.loads(xshot("search", *query, "--json").stdout) == of_folder


def test_a_checkpoint_that_was_trained_on_is_refused(xshot, behind_a_checkpoint):
    behind_a_checkpoint()
    checkpoint = torch.load("epoch_3.pt", weights_only=True)
    checkpoint["state_dict"]["module.logit_scale"] += 1
    torch.save(checkpoint, "epoch_3.pt")
    with pytest.raises(UserError, match=r"epoch_3\.pt: not the encoder .* trained with"):
        xshot("search", "a red bird")


@pytest.mark.parametrize("arguments", [[], ["a bird", "--image", "cat.png"]])
def test_one_query_is_asked_for(xshot, arguments):
    with pytest.raises(UserError, match="give one query"):
        xshot("search", *arguments)


@pytest.mark.parametrize("text", ["", " \t"])
def test_an_empty_query_finds_nothing(xshot, text):
    with pytest.raises(UserError, match="the query is empty; type a text"):
        xshot("search", text)


@pytest.mark.parametrize("page", ["", ".", "data"])
def test_a_page_needs_the_name_of_a_file(xshot, page):
    with pytest.raises(UserError, match=r"^(\.|data): is a folder; name the file to write$"):
        xshot("search", "a bird", "--html", page)


def test_without_its_extra_the_server_says_what_to_install(xshot, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("xshot.serve")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(UserError, match=r"uvicorn: type `pip install -e '.\[serve\]'`"):
        xshot("serve")


@pytest.mark.parametrize(("large", "threads"), [(10**6, 1), (1, 2)])
def test_only_a_large_gallery_is_worth_a_second_thread(xshot, monkeypatch, large, threads):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    monkeypatch.setattr("xshot.cli.retriever._LARGE", large)
    try:
        xshot("search", "a red bird", "--top", 1)
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
