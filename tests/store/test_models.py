import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from xshot.errors import UserError
from xshot.store.models import load_model, save_model

TENSORS = {
    "weight": np.arange(12, dtype=np.float32).reshape(3, 4),
    "transposed": np.arange(12, dtype=np.float32).reshape(3, 4).T,
    "steps": np.array(7, np.int64),
}
CONFIG = {"hidden": 16, "classes": ["bird", "cat"], "rate": 1e-5}


def test_tensors_and_config_survive_the_files(tmp_path):
    save_model(tmp_path, TENSORS, CONFIG)
    tensors, config = load_model(tmp_path, stage="train")
    assert config == CONFIG
    assert tensors.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        np.testing.assert_array_equal(tensors[name], tensor)
        assert tensors[name].dtype == tensor.dtype


def test_a_model_without_tensors(tmp_path):
    save_model(tmp_path, {}, {})
    assert load_model(tmp_path, stage="train") == ({}, {})


def test_equal_models_give_equal_bytes_whatever_the_order(tmp_path):
    for name, tensors, config in [
        ("a", TENSORS, CONFIG),
        ("b", dict(reversed(TENSORS.items())), dict(reversed(CONFIG.items()))),
    ]:
        (tmp_path / name).mkdir()
        save_model(tmp_path / name, tensors, config)
    for file in ("model.safetensors", "config.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_numbers_that_json_has_not_are_refused(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        save_model(tmp_path, {}, {"loss": float("nan")})


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_tensor_that_no_reader_would_take_is_not_written(tmp_path, value):
    with pytest.raises(UserError, match="'weight' of the model is not finite"):
        save_model(tmp_path, TENSORS | {"weight": np.array([1, value])}, CONFIG)
    assert list(tmp_path.iterdir()) == []


class TestRefusal:
    @pytest.mark.parametrize("missing", ["model.safetensors", "config.json"])
    def test_an_absent_file(self, tmp_path, missing):
        save_model(tmp_path, TENSORS, CONFIG)
        (tmp_path / missing).unlink()
        with pytest.raises(UserError, match="not found; run `dvc repro train`") as caught:
            load_model(tmp_path, stage="train")
        assert str(tmp_path) in str(caught.value)

    @pytest.mark.parametrize("damaged", ["model.safetensors", "config.json"])
    @pytest.mark.parametrize("kept", [0, 5, 60])
    def test_a_truncated_file(self, tmp_path, damaged, kept):
        save_model(tmp_path, TENSORS, CONFIG)
        file = tmp_path / damaged
        file.write_bytes(file.read_bytes()[:kept])
        with pytest.raises(UserError, match=r"damaged .*re-run `dvc repro train`"):
            load_model(tmp_path, stage="train")

    def test_a_pickle_is_not_opened(self, tmp_path):
        save_model(tmp_path, TENSORS, CONFIG)
        np.save(tmp_path / "model.safetensors.npy", np.array([{}], object), allow_pickle=True)
        (tmp_path / "model.safetensors.npy").replace(tmp_path / "model.safetensors")
        with pytest.raises(UserError, match="damaged"):
            load_model(tmp_path, stage="train")

    def test_config_is_readable_json(self, tmp_path):
        save_model(tmp_path, TENSORS, CONFIG)
        assert json.loads((tmp_path / "config.json").read_text()) == CONFIG

    def test_a_config_that_is_no_object(self, tmp_path):
        save_model(tmp_path, TENSORS, CONFIG)
        (tmp_path / "config.json").write_text("0")
        with pytest.raises(UserError, match="holds no object"):
            load_model(tmp_path, stage="train")

    def test_a_tensor_that_is_not_finite(self, tmp_path):
        save_model(tmp_path, TENSORS, CONFIG)
        save_file({"weight": np.array([1, np.nan], np.float32)}, tmp_path / "model.safetensors")
        with pytest.raises(UserError, match="'weight' is not finite"):
            load_model(tmp_path, stage="train")
