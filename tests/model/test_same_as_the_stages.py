"""The library is the pipeline: the same rows and settings give the same bytes."""

import json

import pytest

import xshot
from tests.support.workspace import SMALL
from xshot.projector.file import load_embedder
from xshot.store.features import read_class_features, read_features
from xshot.store.manifest import read_manifest


@pytest.fixture(scope="module")
def rows(finished):
    """Features, labels, splits and classes of the clone in which the pipeline has run."""
    table = finished.path / "data/features.h5"
    features, classes = read_features(table), read_class_features(table)
    manifest = read_manifest(finished.path / "data/manifest.parquet")
    assert tuple(manifest.ids) == features.ids
    return features, classes, list(manifest.labels), list(manifest.splits)


@pytest.fixture(scope="module")
def model(finished, rows):
    features, classes, labels, splits = rows
    sections = {}
    for key, value in SMALL.items():
        section, _, name = key.partition("__")
        sections.setdefault(section, {})[name] = value
    sections.pop("evaluate")
    return xshot.fit(
        features.image,
        features.text,
        labels,
        class_features=classes.features,
        class_names=classes.names,
        ids=features.ids,
        split=splits,
        target=finished.get("episode.target"),
        k_shot=finished.get("model.k_shot"),
        seed=finished.get("seed"),
        **sections,
    )


def test_the_model_is_train_projectors_bit_by_bit(finished, rows, model, tmp_path):
    model.save(tmp_path / "model")
    name = "model.safetensors"
    stage = finished.path / "models/projector"
    assert (tmp_path / "model" / name).read_bytes() == (stage / name).read_bytes()
    ours, its = (json.loads((at / "config.json").read_text()) for at in (tmp_path / "model", stage))
    for config in (ours, its):  # the one thing that arrays cannot know
        for key in ("encoder_path", "encoder_fingerprint"):
            config["provenance"].pop(key)
    assert ours == its


def test_so_are_the_embeddings(finished, rows, model):
    features = rows[0]
    embedder, _ = load_embedder(finished.path / "models/projector")
    assert model.embed_images(features.image).tobytes() == (
        embedder.embed_image(features.image).tobytes()
    )
    assert model.embed_texts(features.text).tobytes() == (
        embedder.embed_text(features.text).tobytes()
    )


def test_and_so_are_the_metrics(finished, rows, model):
    features, _, labels, splits = rows
    test = [row for row, split in enumerate(splits) if split == "test"]
    tree = xshot.evaluate(
        model,
        features.image[test],
        features.text[test],
        [labels[row] for row in test],
        ids=[features.ids[row] for row in test],
        bootstrap=SMALL["evaluate__bootstrap"],
    )
    assert tree == json.loads((finished.path / "metrics.json").read_text())
