from typing import get_args

import pytest

from xshot.datasets.params import DatasetName
from xshot.datasets.templates import EMBEDDED, PHOTOS, choose_templates, doubt_templates

PHOTO_SETS = (
    "wikipedia",
    "pascal_sentence",
    "nus_wide",
    "nus_wide_10k",
    "nus_wide_81",
    "xmedianet",
    "coco_captions",
)


@pytest.mark.parametrize("templates", [EMBEDDED, PHOTOS])
def test_every_prompt_has_one_gap_for_the_name(templates):
    assert len(set(templates)) == len(templates)
    assert all(template.count("{}") == 1 for template in templates)


def test_a_list_is_taken_whatever_the_data_set():
    for name in get_args(DatasetName):
        assert choose_templates(("a {}",), name) == ("a {}",)


def test_each_data_set_has_its_own():
    own = {name: choose_templates("auto", name) for name in get_args(DatasetName)}
    assert {name for name in own if own[name] == PHOTOS} == set(PHOTO_SETS)
    assert {own[name] for name in own.keys() - set(PHOTO_SETS)} == {EMBEDDED}


def test_only_the_embedded_prompts_of_other_pictures_are_doubted():
    for name in get_args(DatasetName):
        assert (doubt_templates(EMBEDDED, name) is None) == (name == "openmoji")
        assert doubt_templates(PHOTOS, name) is None
    assert "clip.templates" in doubt_templates(EMBEDDED, "manifest")
