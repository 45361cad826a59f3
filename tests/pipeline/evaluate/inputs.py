"""What `evaluate` reads, made by the real stages before it out of a few random rows."""

import contextlib
import json
from importlib import import_module

import numpy as np
import pytest
from PIL import Image
from ruamel.yaml import YAML

from tests.support.shipped import shipped
from xshot.needs import write_needs
from xshot.projector.choice import Choice, Selection, Trial, write_selection
from xshot.retrieval.galleries import GALLERIES
from xshot.store.features import (
    ClassFeatures,
    EncoderRecord,
    Features,
    write_features,
)
from xshot.store.manifest import Manifest, write_manifest
from xshot.variants import VARIANTS

CLASSES = tuple(f"class {letter}" for letter in "abcdefgh")
ROWS_PER_CLASS = 12
DIMENSIONS = 16
OUTPUTS = ("metrics.json", "plots", "report")

CHOICE = Choice(5, 0.0)
TRIAL = Trial(CHOICE, dict.fromkeys(GALLERIES, 0.5), behind=0.0, error=0.0)
SELECTION = Selection(CHOICE, (TRIAL,))

SMALL = {
    "threads": 1,
    "device": "cpu",
    "vaegan": {"latent_dim": 4, "hidden": 8, "steps": 5},
    "projector": {"hidden": 8},
    "data": {"root": "pictures"},
    "evaluate": {"bootstrap": 100},
}


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def write_inputs(folder):
    rng = np.random.default_rng(0)
    of = np.repeat(np.arange(len(CLASSES)), ROWS_PER_CLASS)
    ids = tuple(f"row{number:03d}" for number in range(len(of)))
    manifest = Manifest(
        ids=ids,
        images=tuple(f"{row}.png" for row in ids),
        texts=tuple(f"text of {row}" for row in ids),
        labels=tuple((CLASSES[index],) for index in of),
        splits=tuple(
            "test" if number % ROWS_PER_CLASS < 5 else "train" for number in range(len(of))
        ),
    )
    write_manifest(folder / "data/manifest.parquet", manifest)
    (folder / "pictures").mkdir()
    for row in ids:
        picture = rng.integers(0, 256, (8, 8, 3), np.uint8)
        Image.fromarray(picture).save(folder / "pictures" / f"{row}.png")
    means = rng.normal(size=(len(CLASSES), DIMENSIONS))
    write_features(
        folder / "data/features.h5",
        Features(ids, *(unit(means[of] + rng.normal(size=(len(of), DIMENSIONS))) for _ in "it")),
        ClassFeatures(CLASSES, unit(means + rng.normal(size=means.shape))),
        EncoderRecord("one encoder", {}, ("{}",)),
    )


def write_params(folder, **changes):
    yaml = YAML()
    tree = shipped()
    for settings in (SMALL, changes):
        for key, value in settings.items():
            if isinstance(value, dict):
                tree[key].update(value)
            else:
                tree[key] = value
    yaml.dump(tree, folder / "params.yaml")


def run(folder, *stages):
    with contextlib.chdir(folder):
        for stage in stages:
            import_module(f"pipeline.{stage}").main()


def fit(folder, **changes):
    write_params(folder, **changes)
    write_selection(folder / "models/selection.json", SELECTION)
    variant = changes.get("model", {}).get("variant", "xshot")
    write_needs(folder / "models/needs.json", SELECTION.choice.parts_of(VARIANTS[variant]))
    run(folder, "episode", "fit_gmm", "train_vaegan", "synthesize", "train_projector")


def metrics_of(folder):
    return json.loads((folder / "metrics.json").read_text(), parse_constant=pytest.fail)


def leaves(tree, path=()):
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, key))
        else:
            yield ".".join((*path, key)), value


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for name in OUTPUTS
        for path in sorted([folder / name, *(folder / name).rglob("*")])
        if path.is_file()
    }
