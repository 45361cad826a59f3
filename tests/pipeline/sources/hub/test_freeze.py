"""A hub model is frozen into a folder that gives the same features without the network.

The hub is played by its own cache on disk, filled with small random models: whatever open_clip,
huggingface_hub and transformers do with a download, they do here.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch

from pipeline.sources.hub import freeze as stage
from pipeline.sources.hub.freeze import freeze
from tests.encoder.conftest import load, picture
from tests.encoder.folders import LITE, PREPROCESSING, SIGLIP, VIT, open_clip_model, write_folder
from xshot.encoder.folder import read_folder
from xshot.errors import UserError

REPOSITORY = "someone/small"
TEXTS = ["a picture of a dog", "red square", "the icon of the blue circle line", "a cat"]
MODELS = {
    "small-vit": VIT,
    "small-vit-quickgelu": {**VIT, "quick_gelu": True},
    "small-siglip": {**SIGLIP, "text_cfg": {**SIGLIP["text_cfg"], "hf_tokenizer_name": REPOSITORY}},
    "small-lite": {
        **LITE,
        "text_cfg": {
            **LITE["text_cfg"],
            "hf_model_name": REPOSITORY,
            "hf_tokenizer_name": REPOSITORY,
        },
    },
}
FREEZABLE = ("small-vit-quickgelu", "small-siglip", "small-lite")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The hub's cache on this machine, and no way to the hub."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    return tmp_path / "cache"


@pytest.fixture
def hub(tmp_path, cache, monkeypatch):
    """Put a model on the hub under the tag `web`; returns its folder as it was before."""

    def publish(name):
        quick_gelu = name.endswith("-quickgelu")
        published = {"web": {"hf_hub": f"{REPOSITORY}/", "quick_gelu": quick_gelu, **PREPROCESSING}}
        monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, name, MODELS[name])
        monkeypatch.setitem(open_clip.pretrained._PRETRAINED, name, published)
        original = write_folder(tmp_path / "original", MODELS[name])
        revision = "0" * 40
        repository = cache / f"models--{REPOSITORY.replace('/', '--')}"
        shutil.copytree(original, repository / "snapshots" / revision)
        (repository / "refs").mkdir()
        (repository / "refs" / "main").write_text(revision)
        if not (original / "config.json").exists():
            # What was asked for in vain is remembered, too.
            (repository / ".no_exist" / revision).mkdir(parents=True)
            (repository / ".no_exist" / revision / "config.json").touch()
        return original

    return publish


@pytest.mark.parametrize("name", FREEZABLE)
def test_a_frozen_model_has_the_features_that_the_hub_s_has(hub, tmp_path, name, monkeypatch):
    original, _ = open_clip_model(hub(name))
    freeze(name, "web", tmp_path / "frozen")
    shutil.rmtree(tmp_path / "cache")

    def no_network(*_):
        raise AssertionError("network")

    monkeypatch.setattr("socket.getaddrinfo", no_network)
    encoder = load(tmp_path / "frozen")
    pictures = [picture(np.random.default_rng(seed)) for seed in range(3)]
    with torch.no_grad():
        pixels = torch.stack([encoder.preprocess(one) for one in pictures])
        images = torch.nn.functional.normalize(original.encode_image(pixels), dim=1)
        tokens = open_clip.get_tokenizer(f"local-dir:{tmp_path / 'original'}")(TEXTS)
        texts = torch.nn.functional.normalize(original.encode_text(tokens), dim=1)
    np.testing.assert_allclose(encoder.encode_images(pictures), images.numpy(), atol=2e-5)
    np.testing.assert_allclose(encoder.encode_texts(TEXTS), texts.numpy(), atol=2e-5)


@pytest.mark.parametrize("name", FREEZABLE)
def test_the_folder_holds_the_preprocessing_of_the_weights(hub, tmp_path, name):
    original = hub(name)
    freeze(name, "web", tmp_path / "frozen")
    config = read_folder(tmp_path / "frozen").config
    assert config["preprocess_cfg"] == {**PREPROCESSING, "resize_mode": "shortest"}
    assert config["pretrained"]["model"] == name
    before, after = (load(folder).preprocess for folder in (original, tmp_path / "frozen"))
    one = picture(np.random.default_rng(0), size=200)
    assert torch.equal(before(one), after(one))


def test_freezing_again_gives_the_same_bytes(hub, tmp_path):
    hub("small-lite")
    for name in ("one", "two"):
        freeze("small-lite", "web", tmp_path / name)
    one, two = (
        {file.name: file.read_bytes() for file in (tmp_path / name).iterdir()}
        for name in ("one", "two")
    )
    assert one == two


def test_an_edited_activation_is_noticed(hub, tmp_path):
    hub("small-vit-quickgelu")
    freeze("small-vit-quickgelu", "web", tmp_path / "frozen")
    path = tmp_path / "frozen" / "open_clip_config.json"
    config = json.loads(path.read_text())
    config["model_cfg"]["quick_gelu"] = False
    path.write_text(json.dumps(config))
    with pytest.raises(UserError, match=r"small-vit-quickgelu/web need .*quick_gelu to be true"):
        read_folder(tmp_path / "frozen")


def test_without_the_network_it_says_so_and_leaves_nothing(hub, tmp_path, cache):
    hub("small-vit-quickgelu")
    shutil.rmtree(cache)
    with pytest.raises(UserError, match=r"^small-vit-quickgelu/web: the hub cannot be reached"):
        freeze("small-vit-quickgelu", "web", tmp_path / "frozen")
    assert not list(tmp_path.glob("*frozen*"))


def test_a_tokenizer_that_is_missing_is_the_network_s_fault_too(hub, tmp_path, cache):
    hub("small-siglip")
    for path in cache.rglob("*token*"):
        path.unlink()
    shutil.rmtree(next(cache.rglob(".no_exist")))
    with pytest.raises(UserError, match="the hub cannot be reached"):
        freeze("small-siglip", "web", tmp_path / "frozen")


def test_damaged_weights_are_one_line(hub, tmp_path, cache):
    hub("small-vit-quickgelu")
    (weights,) = cache.rglob("open_clip_model.safetensors")
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"^small-vit-quickgelu/web: cannot be fetched: ") as caught:
        freeze("small-vit-quickgelu", "web", tmp_path / "frozen")
    assert "\n" not in str(caught.value)


def test_the_command_line_is_checked(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["freeze", "ViT-B-32"])
    with pytest.raises(UserError, match="three words are needed"):
        stage.main()


def test_the_stage_writes_where_it_is_told(hub, tmp_path, monkeypatch):
    hub("small-vit-quickgelu")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["freeze", "small-vit-quickgelu", "web", "models/encoders/x"])
    stage.main()
    assert read_folder(Path("models/encoders/x")).weights.name == "open_clip_model.safetensors"
