"""Loading equals open_clip, never runs code, and says in one line what is wrong with a folder."""

import json
import os
import pickle
import shutil

import numpy as np
import open_clip
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.encoder.conftest import load
from tests.encoder.folders import open_clip_model
from xshot.errors import UserError

TEXTS = ["a picture of a dog", "red square", "the icon of the blue circle line", "a cat"]


@pytest.fixture
def copy_of(tmp_path):
    """A copy of a folder that a test may damage."""
    return lambda folder: shutil.copytree(folder, tmp_path / "encoder")


def unit(features):
    return torch.nn.functional.normalize(features, dim=1).numpy()


def edit_config(folder, change):
    path = folder / "open_clip_config.json"
    config = json.loads(path.read_text())
    change(config)
    path.write_text(json.dumps(config))


@torch.no_grad()
def test_features_are_those_of_the_plain_open_clip_loop(folder, pictures):
    model, preprocess = open_clip_model(folder)
    encoder = load(folder)
    images = model.encode_image(torch.stack([preprocess(picture) for picture in pictures]))
    np.testing.assert_allclose(encoder.encode_images(pictures), unit(images), atol=2e-5)
    texts = model.encode_text(open_clip.get_tokenizer(f"local-dir:{folder}")(TEXTS))
    np.testing.assert_allclose(encoder.encode_texts(TEXTS), unit(texts), atol=2e-5)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_texts_have_the_same_bits_where_no_image_will_be_encoded(folder, precision):
    whole = load(folder, precision).encode_texts(TEXTS)
    np.testing.assert_array_equal(load(folder, precision, images=False).encode_texts(TEXTS), whole)


def test_preprocessing_comes_from_the_folder(vit_folder, copy_of, pictures):
    changed = copy_of(vit_folder)
    edit_config(changed, lambda config: config["preprocess_cfg"].update(mean=[0.1, 0.1, 0.1]))
    before, after = (load(f).preprocess(pictures[0]) for f in (vit_folder, changed))
    std = torch.tensor([0.2, 0.3, 0.4]).view(3, 1, 1)
    shift = (torch.tensor([0.5, 0.4, 0.3]).view(3, 1, 1) - 0.1) / std
    torch.testing.assert_close(after - before, shift.expand_as(before))


def test_loads_from_anywhere_without_the_network(lite_folder, tmp_path, monkeypatch, pictures):
    expected = load(lite_folder).encode_images(pictures)

    def no_network(*_):
        raise AssertionError("network")

    monkeypatch.setattr("socket.socket.connect", no_network)
    monkeypatch.setattr("socket.getaddrinfo", no_network)
    monkeypatch.chdir(tmp_path)
    moved = shutil.copytree(lite_folder, tmp_path / "moved").relative_to(tmp_path)
    np.testing.assert_array_equal(load(moved).encode_images(pictures), expected)


def test_plain_pytorch_weights_load_too(vit_folder, copy_of, pictures):
    folder = copy_of(vit_folder)
    weights = folder / "open_clip_model.safetensors"
    torch.save(load_file(weights), folder / "open_clip_pytorch_model.bin")
    weights.unlink()
    expected = load(vit_folder).encode_images(pictures)
    np.testing.assert_array_equal(load(folder).encode_images(pictures), expected)


class _Payload:
    """Touches a file when unpickled, as a malicious checkpoint would."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_weights_that_hold_code_are_refused_and_not_run(vit_folder, copy_of, tmp_path):
    folder = copy_of(vit_folder)
    (folder / "open_clip_model.safetensors").unlink()
    mark = tmp_path / "the code ran"
    torch.save({"visual.proj": _Payload(mark)}, folder / "open_clip_pytorch_model.bin")
    with pytest.raises(UserError, match=r"open_clip_pytorch_model.bin: damaged, or not plain"):
        load(folder)
    assert not mark.exists()
    pickle.loads(pickle.dumps(_Payload(mark)))  # the payload would have worked
    assert mark.exists()


def test_a_folder_that_asks_to_run_its_own_code_is_refused(lite_folder, copy_of):
    folder = copy_of(lite_folder)
    config = json.loads((folder / "config.json").read_text())
    config["auto_map"] = {"AutoModel": "modeling.Model"}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match="refused"):
        load(folder)


def test_weights_of_another_architecture(vit_folder, lite_folder, copy_of):
    folder = copy_of(vit_folder)
    shutil.copy(lite_folder / "open_clip_model.safetensors", folder)
    with pytest.raises(UserError) as caught:
        load(folder)
    message = str(caught.value)
    assert "open_clip_model.safetensors: not the weights of the architecture" in message
    assert "Missing key(s)" in message
    assert "\n" not in message


def test_weights_of_another_width(vit_folder, copy_of):
    folder = copy_of(vit_folder)
    edit_config(folder, lambda config: config["model_cfg"]["text_cfg"].update(width=64))
    with pytest.raises(UserError, match=r"not the weights of the architecture.*width changed"):
        load(folder)


def test_half_of_the_weights(vit_folder, copy_of):
    folder = copy_of(vit_folder)
    weights = folder / "open_clip_model.safetensors"
    kept = {name: tensor for name, tensor in load_file(weights).items() if "text" not in name}
    save_file(kept, weights)
    with pytest.raises(UserError, match="not the weights of the architecture"):
        load(folder)


def test_truncated_weights(vit_folder, copy_of):
    weights = copy_of(vit_folder) / "open_clip_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"open_clip_model.safetensors: damaged"):
        load(weights.parent)


@pytest.mark.parametrize(
    ("section", "values"),
    [
        ("vision_cfg", {"timm_model_name": "no_such_tower"}),
        ("vision_cfg", {"patch_size": "eight"}),
        ("text_cfg", {"unheard_of": 1}),
    ],
)
def test_a_config_that_open_clip_cannot_build(vit_folder, copy_of, section, values):
    folder = copy_of(vit_folder)
    edit_config(folder, lambda config: config["model_cfg"][section].update(values))
    with pytest.raises(UserError, match=r"open_clip_config.json: open_clip cannot build"):
        load(folder)


def test_a_damaged_tokenizer(lite_folder, copy_of):
    folder = copy_of(lite_folder)
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(UserError, match="its tokenizer cannot be loaded"):
        load(folder)
