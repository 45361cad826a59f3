"""A saved model is the same model; a folder of something else is never touched."""

import json

import pytest

import xshot
from tests.model.conftest import SMALL
from xshot.errors import UserError


@pytest.fixture
def saved(model, tmp_path):
    model.save(tmp_path / "model")
    return tmp_path / "model"


def test_a_loaded_model_is_the_one_that_was_saved(arrays, model, saved):
    again = xshot.load(saved)
    assert again.facts == model.facts
    assert again.provenance == model.provenance
    for call, rows in (
        ("embed_images", arrays.images),
        ("embed_texts", arrays.texts),
        ("predict_proba", arrays.images),
    ):
        assert getattr(again, call)(rows).tobytes() == getattr(model, call)(rows).tobytes()
    assert again.card() == model.card()
    assert xshot.evaluate(again, *arrays.rows("test")) == xshot.evaluate(
        model, *arrays.rows("test")
    )


def test_the_folder_holds_the_card_and_nothing_of_this_machine(saved, tmp_path):
    assert sorted(path.name for path in saved.iterdir()) == [
        "README.md",
        "config.json",
        "curves.csv",
        "fit.json",
        "model.safetensors",
    ]
    for path in saved.iterdir():
        assert str(tmp_path).encode() not in path.read_bytes()


def test_the_same_model_gives_the_same_bytes(saved, tmp_path):
    xshot.load(saved).save(str(tmp_path / "again"))
    for path in saved.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def test_a_model_takes_the_place_of_another(arrays, model, saved):
    other = xshot.fit(*arrays.rows("train"), **arrays.classes, **SMALL, variant="posterior")
    other.save(saved)
    assert xshot.load(saved).provenance.variant == "posterior"


def test_a_folder_of_something_else_is_left_alone(model, tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(UserError, match=r"holds 'thesis\.tex', which is no part of a model"):
        model.save(tmp_path)
    with pytest.raises(UserError, match="is a file; name a folder"):
        model.save(tmp_path / "thesis.tex")
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_the_working_directory_has_a_name_too(model, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    model.save(".")
    assert xshot.load(tmp_path / "here").facts == model.facts


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("fit.json", "{", r"fit\.json: damaged .*; save the model again"),
        ("fit.json", "[]", r"fit\.json: damaged"),
        ("fit.json", '{"schema_version": 99}', r"fit\.json: damaged \(another schema version\)"),
        ("config.json", "{}", r"damaged .*; save the model again"),
        ("model.safetensors", "", r"damaged .*; save the model again"),
    ],
)
def test_damage_is_one_line(saved, name, content, complaint):
    (saved / name).write_text(content)
    with pytest.raises(UserError, match=complaint) as caught:
        xshot.load(saved)
    assert "\n" not in str(caught.value)
    assert "dvc" not in str(caught.value)


def test_a_key_too_many_is_damage(saved):
    facts = json.loads((saved / "fit.json").read_text())
    (saved / "fit.json").write_text(json.dumps(facts | {"more": 1}))
    with pytest.raises(UserError, match="damaged"):
        xshot.load(saved)


def test_an_absent_model_is_one_line(tmp_path):
    with pytest.raises(UserError, match=r"no model there; name a folder that `model\.save`"):
        xshot.load(tmp_path)


def test_what_the_pipeline_trained_is_a_model_too(repository):
    model = xshot.load(repository / "models/projector")
    assert model.facts is None
    assert model.class_names == tuple(model.classes_)
    assert "variant | xshot" in model.card()
