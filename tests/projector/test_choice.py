"""selection.json: what is written is what is read, and damage is one line."""

import json

import pytest

from xshot.errors import UserError
from xshot.projector.choice import Choice, Selection, Trial, read_choice, write_selection
from xshot.projector.choice import read_selection as read
from xshot.variants import VARIANTS

CHOICE = Choice(
    steps=100,
    calibration=0.5,
    weights={"image": {"name": 4.25, "source": 0.5}, "text": {"name": 6.0, "source": 0.75}},
    gate=0.5,
    generation=False,
)
PLAIN = Choice(0, 0.0, centring=0.5, joined=False)
MAPS = {"target": 0.5, "source": 0.25, "generalized": 0.375, "generalized_source": 0.125}


@pytest.mark.parametrize("choice", [CHOICE, PLAIN])
def test_a_selection_comes_back(tmp_path, choice):
    selection = Selection(choice, (Trial(PLAIN, MAPS, 0.01, 0.02),), ("a note",))
    write_selection(tmp_path / "selection.json", selection)
    assert read(tmp_path / "selection.json") == selection
    assert read_choice(tmp_path / "selection.json") == choice


def test_weights_of_what_was_not_chosen_are_left_out(tmp_path):
    write_selection(tmp_path / "s.json", Selection(CHOICE, (Trial(CHOICE, MAPS, 0.0, 0.0),)))
    tree = json.loads((tmp_path / "s.json").read_text())
    assert tree["trials"][0]["choice"]["weights"] is None
    assert tree["choice"]["weights"] == CHOICE.weights


def test_without_a_projection_there_is_nothing_to_generate_or_to_weigh():
    parts = PLAIN.parts_of(VARIANTS["xshot"])
    had = (parts.projector, parts.generation, parts.adversarial, parts.mixture)
    assert not any(had)
    assert Choice(5, 0.0).parts_of(VARIANTS["xshot"]) == VARIANTS["xshot"]
    assert not Choice(5, 0.0, generation=False).parts_of(VARIANTS["xshot"]).composition


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "damaged"),
        ('{"schema_version": 99}', "schema version 99"),
        ('{"schema_version": 4, "choice": {"steps": 1}}', "missing"),
        ("[]", "damaged"),
    ],
)
def test_damage_names_the_stage_to_run(tmp_path, text, message):
    path = tmp_path / "selection.json"
    path.write_text(text)
    with pytest.raises(UserError, match=rf"{message}.*dvc repro select"):
        read_choice(path)


def test_an_absent_file_names_the_stage_to_run(tmp_path):
    with pytest.raises(UserError, match="not found; run `dvc repro select`"):
        read_choice(tmp_path / "selection.json")
