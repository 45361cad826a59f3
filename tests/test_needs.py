"""needs.json: what is written is what is read, and damage is one line."""

import pytest

from xshot.errors import UserError
from xshot.needs import Needs, read_needs, write_needs
from xshot.variants import VARIANTS


@pytest.mark.parametrize(
    ("name", "needs"),
    [
        ("xshot", Needs(mixture=True, generation=True)),
        ("gcrdp", Needs(mixture=True, generation=False)),
        ("clip", Needs(mixture=False, generation=False)),
    ],
)
def test_needs_come_back(tmp_path, name, needs):
    write_needs(tmp_path / "needs.json", VARIANTS[name])
    assert read_needs(tmp_path / "needs.json") == needs


@pytest.mark.parametrize("text", ["{", "[]", "3", '{"mixture": true}'])
def test_damage_names_the_stage_to_run(tmp_path, text):
    (tmp_path / "needs.json").write_text(text)
    with pytest.raises(UserError, match=r"needs.json: damaged.*dvc repro select"):
        read_needs(tmp_path / "needs.json")


def test_an_absent_file_names_the_stage_to_run(tmp_path):
    with pytest.raises(UserError, match="not found; run `dvc repro select`"):
        read_needs(tmp_path / "needs.json")
