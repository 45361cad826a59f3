"""The library is the pipeline, where pictures have several texts and several labels, too."""

from pathlib import Path

import numpy as np
import pytest

import xshot
from pipeline import episode, fit_gmm, select, synthesize, train_projector, train_vaegan
from tests.support.stage import CLASSES, make_features, make_manifest, write_all_features
from xshot.store.features import Features, read_ids
from xshot.store.manifest import Manifest, write_manifest

TARGET = CLASSES[-2:]
SETTINGS = {
    "select": {"steps": [3], "calibration": [0, 1]},
    "gmm": {"max_components": 2, "min_members": 4},
    "vaegan": {"steps": 3, "hidden": 16, "latent_dim": 4},
    "projector": {"hidden": 16},
}


def _several(manifest: Manifest, features: Features) -> tuple[Manifest, Features]:
    """Every third picture has a second text, and every fourth the next class's label as well."""
    rows = [row for row in range(len(manifest.ids)) for _ in range(1 + (row % 3 == 0))]
    again = [row > 0 and rows[row - 1] == rows[row] for row in range(len(rows))]
    ids = tuple(
        f"{manifest.ids[row]}{'#2' * second}" for row, second in zip(rows, again, strict=True)
    )
    following = dict(zip(CLASSES, CLASSES[1:] + CLASSES[:1], strict=True))
    labels = [
        (own, following[own]) if row % 4 == 0 else (own,)
        for row, (own,) in enumerate(manifest.labels)
    ]
    text = features.text[rows] + np.array(again)[:, None] * features.text[::-1][rows]
    text /= np.linalg.norm(text, axis=1, keepdims=True)
    return Manifest(
        ids=ids,
        images=tuple(manifest.images[row] for row in rows),
        texts=tuple(
            f"{manifest.texts[row]} {second}" for row, second in zip(rows, again, strict=True)
        ),
        labels=tuple(tuple(sorted(labels[row])) for row in rows),
        splits=tuple(manifest.splits[row] for row in rows),
    ), Features(ids, features.image[rows], text)


@pytest.mark.parametrize("k_shot", [2, "all"])
def test_the_model_is_train_projectors_bit_by_bit(tmp_path, monkeypatch, set_params, k_shot):
    monkeypatch.chdir(tmp_path)
    changes = {f"{s}__{k}": v for s, own in SETTINGS.items() for k, v in own.items()}
    set_params(
        model__k_shot=k_shot,
        model__variant="flex_gcrdp",
        episode__target=list(TARGET),
        device="cpu",
        **changes,
    )
    manifest = make_manifest()
    plain, classes = make_features(manifest)
    manifest, features = _several(manifest, plain)
    write_manifest(Path("data/manifest.parquet"), manifest)
    write_all_features(features, classes)
    for stage in (episode, select, fit_gmm, train_vaegan, synthesize, train_projector):
        stage.main()
    assert read_ids(Path("data/features.h5")) == manifest.ids

    model = xshot.fit(
        features.image,
        features.text,
        list(manifest.labels),
        class_features=classes.features,
        class_names=classes.names,
        ids=[image.removesuffix(".png") for image in manifest.images],
        split=list(manifest.splits),
        target=TARGET,
        k_shot=k_shot,
        seed=0,
        variant="flex_gcrdp",
        **SETTINGS,
    )
    model.save(tmp_path / "model")
    name = "model.safetensors"
    assert (tmp_path / "model" / name).read_bytes() == (
        tmp_path / "models/projector" / name
    ).read_bytes()
