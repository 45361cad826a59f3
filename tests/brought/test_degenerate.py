"""Degenerate data end in a result that is no worse than raw CLIP, or in one line, at every door."""

import json
import math
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

import xshot
from tests.brought import doors
from tests.brought.degenerate import DEGENERATE, ROW_WISE
from tests.pipeline.evaluate.inputs import leaves, run
from tests.support.shipped import shipped
from xshot.errors import UserError
from xshot.projector.choice import read_choice

NOISE = 0.1
"""How far below raw CLIP chance takes a few rows."""
SMALL = {
    "select": {"steps": [4], "gate": [1], "centring": [0, 1], "calibration": [0, 1]},
    "gmm": {"max_components": 2},
    "vaegan": {"steps": 3, "hidden": 16, "latent_dim": 4},
    "synthesize": {"pairs_per_class": 4},
    "projector": {"hidden": 16},
}
TRAINING = ("select", "fit_gmm", "train_vaegan", "synthesize", "train_projector", "evaluate")


@pytest.fixture(autouse=True)
def no_warnings():
    """A division by zero that is only warned of is no line with a remedy."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


def settings_of(brought, arrays):
    target = [*arrays["class_names"][: max(1, len(arrays["class_names"]) // 2)]]
    settings = {"model": {"k_shot": 1}, "episode": {"target": [str(name) for name in target]}}
    return {key: own | brought.settings.get(key, {}) for key, own in settings.items()}


def check_metrics(tree):
    numbers = dict(leaves(tree))
    assert all(map(math.isfinite, numbers.values()))
    for gallery in ("target", "generalized"):
        assert numbers[f"gain.{gallery}.map"] >= -NOISE


@pytest.mark.parametrize("name", DEGENERATE)
def test_library(name):
    brought = DEGENERATE[name]
    arrays = brought.arrays()
    settings = settings_of(brought, arrays)
    half = len(arrays["image"]) // 2
    train = half if not brought.told else None
    with doors.hearing() as said:
        model = xshot.fit(
            *(arrays[column][:train] for column in ROW_WISE),
            **{key: arrays[key] for key in ("class_features", "class_names")},
            **SMALL,
            target=settings["episode"]["target"],
            k_shot=settings["model"]["k_shot"],
            device="cpu",
            threads=1,
        )
    if brought.told:
        assert re.search(f"^error: .*({brought.told})", said[-1]), said
        return
    assert not any(line.startswith("error") for line in said), said
    if brought.raw:
        assert model.facts.chosen == "raw CLIP"
    for embed, column in ((model.embed_images, "image"), (model.embed_texts, "text")):
        assert np.isfinite(embed(arrays[column])).all()
    tested = (arrays[column][half:] for column in ROW_WISE)
    check_metrics(xshot.evaluate(model, *tested, device="cpu", threads=1, bootstrap=0))


def write_params(**settings):
    tree = shipped()
    given = {"data": {"name": "imported", "root": "imported", "min_test": 1}, **SMALL, **settings}
    for key, own in given.items():
        tree[key] |= own
    YAML().dump(tree | {"device": "cpu", "threads": 1}, Path("params.yaml"))


def stages(*names):
    """What the stages say that ends them, if anything does."""
    try:
        run(Path(), *names)
    except UserError as error:
        return f"error: {error}"
    return ""


@pytest.mark.parametrize(
    ("name", "then"),
    [
        *((name, ()) for name in DEGENERATE),
        *(
            pytest.param(name, TRAINING, marks=pytest.mark.slow)
            for name, brought in DEGENERATE.items()
            if not brought.told
        ),
    ],
)
def test_pipeline(name, then, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    brought = DEGENERATE[name]
    arrays = brought.arrays()
    np.savez("file.npz", **arrays)
    write_params(**settings_of(brought, arrays))
    said = doors.xshot("import", "file.npz", "--to", "imported")
    if "error: " not in said:
        said = stages("prepare", "extract", "episode", *then)
        assert not said or not Path("data/episode.json").exists()
    elif "error: " in said:
        assert not Path("imported").exists()
    if brought.told:
        assert re.search(f"error: .*({brought.told})", said), said
        return
    assert said == ""
    if then:
        check_metrics(json.loads(Path("metrics.json").read_text()))
        if brought.raw:
            assert not read_choice(Path("models/selection.json")).steps
        assert "wrong" not in doors.xshot("check")
