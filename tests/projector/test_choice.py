"""selection.json: what is written is what is read, and damage is one line."""

import json

import pytest

from xshot.errors import UserError
from xshot.projector.choice import Choice, Trial, read_choice, write_choice

CHOICE = Choice(
    steps=100,
    calibration=0.5,
    weights={"image": {"name": 4.25, "source": 0.5}, "text": {"name": 6.0, "source": 0.75}},
)


@pytest.mark.parametrize("choice", [CHOICE, Choice(steps=0, calibration=0.0)])
def test_a_choice_comes_back(tmp_path, choice):
    write_choice(tmp_path / "selection.json", choice, (Trial(choice, 1.25),))
    assert read_choice(tmp_path / "selection.json") == choice
    tree = json.loads((tmp_path / "selection.json").read_text())
    assert tree["trials"][0]["criterion"] == 1.25
    assert tree["trials"][0]["choice"] == tree["choice"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "damaged"),
        ('{"schema_version": 99}', "schema version 99"),
        ('{"schema_version": 2, "choice": {"steps": 1}}', "missing"),
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
