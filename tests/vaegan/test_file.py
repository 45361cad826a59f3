import json

import numpy as np
import pytest
import torch

from tests.support.stage import run_python
from xshot.errors import UserError
from xshot.store.models import load_model, save_model
from xshot.vaegan.file import load_vaegan, save_vaegan
from xshot.vaegan.params import SynthesizeParams
from xshot.vaegan.synthesis import synthesize
from xshot.vaegan.training import train_vaegan
from xshot.variants import VARIANTS

PARTS = {"adversarial": True, "composition": True, "mixture": True}


@pytest.fixture(params=["ppca", "random"])
def trained(request, training, params, mixtures):
    return train_vaegan(
        training,
        mixtures,
        variant=VARIANTS["xshot"],
        params=params.model_copy(update={"init": request.param}),
        generator=torch.Generator().manual_seed(0),
        device=torch.device("cpu"),
    )


def test_a_model_generates_the_same_after_reading(tmp_path, trained, training, mixtures):
    model, curves = trained
    save_vaegan(tmp_path / "vaegan", model, curves, PARTS)
    one, other = (
        synthesize(
            each,
            training,
            mixtures,
            params=SynthesizeParams(pairs_per_class=5, source_below=0),
            generator=torch.Generator().manual_seed(1),
        )
        for each in (model, load_vaegan(tmp_path / "vaegan"))
    )
    np.testing.assert_array_equal(one.image, other.image)
    np.testing.assert_array_equal(one.text, other.text)


def test_config_says_what_it_is(tmp_path, trained):
    model, curves = trained
    save_vaegan(tmp_path / "vaegan", model, curves, PARTS)
    config = json.loads((tmp_path / "vaegan" / "config.json").read_text())
    assert config["init"] == ("ppca" if model.generator.principal else "random")
    assert config["parts"] == PARTS
    assert config["source_hash"] == load_vaegan(tmp_path / "vaegan").source_hash == "rows"
    header, *rows = (tmp_path / "vaegan" / "curves.csv").read_text().splitlines()
    assert header.startswith("step,")
    assert len(rows) == 2


def test_the_same_model_gives_the_same_bytes(tmp_path, trained):
    model, curves = trained
    for name in ("one", "two"):
        save_vaegan(tmp_path / name, model, curves, PARTS)
    for file in ("model.safetensors", "config.json", "curves.csv"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_no_model_is_written_and_read_without_torch(tmp_path):
    script = (
        "import sys; from pathlib import Path; from xshot.curves import Curves;"
        "from xshot.vaegan.file import load_vaegan, save_vaegan;"
        f"folder = Path({str(tmp_path / 'vaegan')!r});"
        "save_vaegan(folder, None, Curves('train_vaegan', remedy=''), {});"
        "print(load_vaegan(folder), 'torch' in sys.modules)"
    )
    result = run_python("-c", script)
    assert (result.stdout, result.stderr) == ("None False\n", "")
    assert (tmp_path / "vaegan" / "curves.csv").read_text() == "step\n"


def test_damage_is_named(tmp_path, trained):
    model, curves = trained
    folder = tmp_path / "vaegan"
    with pytest.raises(UserError, match="not found; run `dvc repro train_vaegan`"):
        load_vaegan(folder)
    save_vaegan(folder, model, curves, PARTS)
    tensors, config = load_model(folder, stage="train_vaegan")
    save_model(folder, tensors, config | {"schema_version": 99})
    with pytest.raises(UserError, match="another schema version; re-run `dvc repro train_vaegan`"):
        load_vaegan(folder)
    for damage in (
        {name: each for name, each in tensors.items() if name != "means"},
        {name: each for name, each in tensors.items() if name != "generator.loadings"},
        {**tensors, "generator.perceptron.outer.bias": tensors["means"]},
    ):
        save_model(folder, damage, config)
        with pytest.raises(UserError, match=r"damaged \(.*\); re-run `dvc repro train_vaegan`"):
            load_vaegan(folder)
    save_model(folder, tensors, {"schema_version": 1})
    with pytest.raises(UserError, match="damaged"):
        load_vaegan(folder)
    (folder / "model.safetensors").write_bytes(b"{")
    with pytest.raises(UserError, match="damaged"):
        load_vaegan(folder)
