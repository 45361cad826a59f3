"""models/projector: what is saved is what is loaded, and damage is one line."""

import json

import pytest
from numpy.testing import assert_allclose, assert_array_equal

from xshot.errors import UserError
from xshot.projector.file import Provenance, load_embedder, read_provenance, save_embedder
from xshot.variants import VARIANTS

PROVENANCE = Provenance(
    encoder_fingerprint="abc",
    encoder_path="models/encoders/some",
    source_hash="def",
    variant="xshot",
    classes=("a", "b", "c", "d", "e", "f"),
    target=("d", "e", "f"),
)


def with_classes(config, classes):
    return config | {"provenance": config["provenance"] | {"classes": classes}}


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_comes_back_from_its_files(fit, choice, features, tmp_path, name):
    embedder, curves = fit(name)
    save_embedder(tmp_path / "model", embedder, PROVENANCE, choice, curves)
    again, provenance = load_embedder(tmp_path / "model")
    assert provenance == read_provenance(tmp_path / "model") == PROVENANCE
    for embed in ("embed_image", "embed_text"):
        embedded = getattr(embedder, embed)(features)
        assert_allclose((embedded**2).sum(axis=1), 1, rtol=1e-4)
        assert_array_equal(getattr(again, embed)(features), embedded)
    variant = VARIANTS[name]
    wide = variant.coordinates != "none"
    assert embedder.embed_image(features).shape[1] == (8 + 6 + 2 if wide else 8)
    gates = again.gates(features, features)
    assert set(gates) == ({"image", "text"} if variant.projector and variant.gate else set())
    assert all(
        (gates[side] == value).all() for side, value in embedder.gates(features, features).items()
    )


def test_config_says_what_was_chosen_and_learned_from(fit, choice, tmp_path):
    embedder, curves = fit("xshot")
    save_embedder(tmp_path / "model", embedder, PROVENANCE, choice, curves)
    config = json.loads((tmp_path / "model/config.json").read_text())
    assert config["choice"]["steps"] == choice.steps
    assert config["coordinates"]["text"]["weights"] == choice.weights["text"]
    assert config["provenance"]["encoder_path"] == "models/encoders/some"
    header, *steps = (tmp_path / "model/curves.csv").read_text().splitlines()
    assert header == "step,classification,contrast,contrast_within,distances"
    assert len(steps) == choice.steps


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda c: c | {"schema_version": 9}, "schema version 9"),
        (lambda c: {k: v for k, v in c.items() if k != "network"}, "network"),
        (lambda c: c | {"dimensions": 5}, "damaged"),
        (lambda c: c | {"coordinates": {"image": {}}}, "sharpness"),
        (
            lambda c: with_classes(c, ["a", "b", "c", "d", "e"]),
            r"prompts' is \(6, 8\), not \(5, 8\)",
        ),
        (lambda c: with_classes(c, 5), "not iterable"),
    ],
)
def test_damage_is_one_line(fit, choice, tmp_path, damage, message):
    embedder, curves = fit("xshot")
    save_embedder(tmp_path / "model", embedder, PROVENANCE, choice, curves)
    config = tmp_path / "model/config.json"
    config.write_text(json.dumps(damage(json.loads(config.read_text()))))
    with pytest.raises(UserError, match=rf"(?s){message}.*re-run `dvc repro train_projector`"):
        load_embedder(tmp_path / "model")


def test_an_absent_model_names_the_stage_to_run(tmp_path):
    with pytest.raises(UserError, match="run `dvc repro train_projector`"):
        load_embedder(tmp_path / "model")
