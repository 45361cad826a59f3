"""A file of weights is the same encoder as the folder that they lie in, and asks for its name."""

import json

import numpy as np
import open_clip
import pytest
import torch
from safetensors.torch import load_file

from tests.encoder.conftest import load
from tests.encoder.folders import PREPROCESSING, VIT
from xshot.encoder.checkpoint import read_encoder_files
from xshot.encoder.files import FileHashes
from xshot.encoder.fingerprint import identify
from xshot.encoder.loading import load_encoder
from xshot.errors import UserError

OPENAI = open_clip.transform.PreprocessCfg()
TEXTS = ["a picture of a dog", "red square"]


@pytest.fixture
def architectures(monkeypatch):
    """open_clip knows the small ViT by names of its own, one of which it has weights of."""
    configs = {"small-vit": VIT, "small-vit-published": VIT, "small-vit-twice": VIT}
    for name, config in configs.items():
        monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, name, config)
    other = {**PREPROCESSING, "resize_mode": "squash"}
    published = {**PREPROCESSING, "resize_mode": "shortest"}
    tags = open_clip.pretrained._PRETRAINED
    monkeypatch.setitem(tags, "small-vit-published", {"one": published, "two": published})
    monkeypatch.setitem(tags, "small-vit-twice", {"one": published, "two": other})


@pytest.fixture
def state(vit_folder):
    return load_file(vit_folder / "open_clip_model.safetensors")


@pytest.fixture
def checkpoint(tmp_path, state):
    """As open_clip's training leaves it, of a model on several GPUs."""
    weights = {f"module.{name}": tensor for name, tensor in state.items()}
    torch.save({"epoch": 3, "state_dict": weights}, tmp_path / "epoch_3.pt")
    return tmp_path / "epoch_3.pt"


def encoder(path, architecture):
    files = read_encoder_files(path, architecture)
    return load_encoder(
        files, precision="float32", device="cpu", batch_size=1, long_texts="truncate"
    )


@pytest.mark.usefixtures("architectures")
@pytest.mark.parametrize("name", ["epoch_3.pt", "weights.bin", "weights.safetensors"])
def test_features_are_those_of_the_folder(vit_folder, checkpoint, state, name, pictures):
    path = checkpoint.with_name(name)
    if name == "weights.bin":
        torch.save(state, path)
    elif name == "weights.safetensors":
        path.write_bytes((vit_folder / "open_clip_model.safetensors").read_bytes())
    ours, folder = encoder(path, "small-vit-published"), load(vit_folder)
    np.testing.assert_array_equal(ours.encode_images(pictures), folder.encode_images(pictures))
    np.testing.assert_array_equal(ours.encode_texts(TEXTS), folder.encode_texts(TEXTS))


@pytest.mark.usefixtures("architectures")
@pytest.mark.parametrize("name", ["small-vit", "small-vit-twice"])
def test_without_agreed_preprocessing_it_is_the_one_that_open_clip_trains_with(checkpoint, name):
    stored = read_encoder_files(checkpoint, name).config["preprocess_cfg"]
    assert stored == {key: getattr(OPENAI, key) for key in stored}
    assert set(stored) == {"mean", "std", "interpolation", "resize_mode"}
    normalize = encoder(checkpoint, name).preprocess.transforms[-1]
    assert tuple(normalize.mean) == OPENAI.mean


@pytest.mark.usefixtures("architectures")
def test_architecture_and_preprocessing_are_part_of_the_fingerprint(checkpoint, tmp_path):
    def details(name):
        hashes = FileHashes(tmp_path / "files.hashes")
        files = read_encoder_files(checkpoint, name)
        return identify(files, precision="float32", device="cpu", hashes=hashes)

    one, two = details("small-vit"), details("small-vit-published")
    assert one.fingerprint != two.fingerprint
    assert one.details["architecture"] == "small-vit"
    assert one.details["preprocessing"]["mean"] == OPENAI.mean
    assert str(tmp_path) not in json.dumps(one.details)


@pytest.mark.usefixtures("architectures")
def test_a_program_in_place_of_weights_is_refused(tmp_path):
    path = tmp_path / "ViT-B-32.pt"
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), path)
    with pytest.raises(UserError, match="a TorchScript archive, which is a program"):
        encoder(path, "small-vit")


@pytest.mark.usefixtures("architectures")
def test_weights_of_another_architecture(checkpoint):
    with pytest.raises(UserError) as caught:
        encoder(checkpoint, "ViT-S-16-alt")
    assert "epoch_3.pt: not the weights of the architecture in clip.arch" in str(caught.value)


@pytest.mark.usefixtures("architectures")
@pytest.mark.parametrize(
    ("name", "architecture", "message"),
    [
        ("epoch_3.pt", None, "epoch_3.pt: a file of weights .*; set clip.architecture to"),
        ("epoch_3.pt", "ViT-B32", "open_clip has no 'ViT-B32'; nearest: ViT-B-32"),
        ("epoch_3.pt", "hf-hub:someone/model", "open_clip has no 'hf-hub:someone/model'"),
        ("epoch_3.pt", "ViT-B-16-SigLIP", "ViT-B-16-SigLIP needs tokenizer files; freeze"),
        ("notes.txt", "small-vit", "notes.txt: weights are files that end in .pt, .pth"),
        ("b32-quickgelu-e31.pt", "ViT-B-32", "mismatch: .*use ViT-B-32-quickgelu or rename"),
        ("", "small-vit", "is a folder, .*; set clip.architecture to null"),
        ("nowhere", "small-vit", "nowhere: no such folder"),
    ],
)
def test_what_does_not_fit_together_is_said(checkpoint, name, architecture, message):
    for other in ("notes.txt", "b32-quickgelu-e31.pt"):
        checkpoint.with_name(other).write_bytes(checkpoint.read_bytes())
    with pytest.raises(UserError, match=message) as caught:
        read_encoder_files(checkpoint.parent / name, architecture)
    assert "\n" not in str(caught.value)
