"""Every way in which a model folder can be incomplete is told before anything is loaded."""

import json
import shutil

import pytest

from xshot.encoder.folder import read_folder
from xshot.errors import UserError

CONFIG = "open_clip_config.json"


@pytest.fixture
def lite(lite_folder, tmp_path):
    """A copy of a folder that needs all kinds of files."""
    return shutil.copytree(lite_folder, tmp_path / "encoder")


def test_finds_what_loading_needs(lite):
    folder = read_folder(lite)
    assert folder.weights == lite / "open_clip_model.safetensors"
    names = {file.name for file in folder.texts}
    assert {CONFIG, "config.json", "tokenizer.json", "tokenizer_config.json"} <= names


def test_takes_the_same_weights_as_open_clip(lite):
    from open_clip.factory import _find_checkpoint_in_dir

    weights = lite / "open_clip_model.safetensors"
    for name in ("pytorch_model.bin", "model.safetensors", "open_clip_pytorch_model.bin"):
        shutil.copy(weights, lite / name)
    for _ in range(4):
        found = read_folder(lite).weights
        assert str(found) == _find_checkpoint_in_dir(lite)
        found.unlink()


def test_takes_the_only_weights_whatever_their_name(lite):
    (lite / "open_clip_model.safetensors").rename(lite / "epoch_32.safetensors")
    assert read_folder(lite).weights.name == "epoch_32.safetensors"


def test_a_folder_of_imported_features_is_told(tmp_path):
    (tmp_path / "features.h5").touch()
    with pytest.raises(UserError, match=r"imported features, not an encoder; set clip\.weigh"):
        read_folder(tmp_path)


def _write(name, text):
    return lambda folder: (folder / name).write_text(text)


def _remove(*names):
    return lambda folder: [(folder / name).unlink() for name in names]


def _two_weights(folder):
    weights = folder / "open_clip_model.safetensors"
    shutil.copy(weights, folder / "epoch_1.bin")
    weights.rename(folder / "epoch_2.safetensors")


def _quick_gelu(folder):
    config = json.loads((folder / CONFIG).read_text())
    config["model_cfg"]["quick_gelu"] = True
    (folder / CONFIG).write_text(json.dumps(config))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (shutil.rmtree, "no such folder; set clip.weights"),
        (_remove("open_clip_model.safetensors"), "no weights; put open_clip_model.safetensors"),
        (_two_weights, "which weights? epoch_1.bin, epoch_2.safetensors; name one"),
        (_remove(CONFIG), f"{CONFIG}: not found"),
        (_write(CONFIG, "{"), f"{CONFIG}: not valid JSON"),
        (_write(CONFIG, "[]"), "model_cfg.vision_cfg is missing"),
        (_write(CONFIG, '{"model_cfg": {"vision_cfg": {}}}'), "model_cfg.text_cfg is missing"),
        (_remove("config.json"), "config.json: not found; copy the text tower's"),
        (_write("config.json", "nonsense"), "config.json: not valid JSON"),
        (_remove("tokenizer.json"), "no tokenizer files"),
        (_quick_gelu, "GELU/QuickGELU mismatch"),
    ],
)
def test_what_is_missing_is_named(lite, damage, message):
    damage(lite)
    with pytest.raises(UserError) as caught:
        read_folder(lite)
    assert message in str(caught.value)
    assert str(lite) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_is_no_folder(lite):
    with pytest.raises(UserError, match="is a file, not a folder"):
        read_folder(lite / "open_clip_model.safetensors")
