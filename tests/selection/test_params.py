"""The families that `select` searches."""

import pytest
from pydantic import ValidationError

from xshot.selection.params import MAX_STEPS, SelectParams
from xshot.variants import VARIANTS

GRID = SelectParams(
    steps=(100, 200), gate=(0.5, 1.0), centring=(0.0, 1.0), calibration=(0.0, 0.5, 1.0)
)
PARTS = ("projector", "gate", "generation", "adversarial", "composition", "mixture")


@pytest.mark.parametrize("name", VARIANTS)
def test_no_member_has_a_part_that_the_variant_lacks(name):
    variant = VARIANTS[name]
    for member in GRID.members_of(variant):
        parts = member.parts_of(variant)
        for part in PARTS:
            assert getattr(parts, part) <= getattr(variant, part), part
        assert (parts.contrast, parts.distances) == (variant.contrast, variant.distances)
        assert not member.joined or variant.coordinates != "none"


@pytest.mark.parametrize("name", VARIANTS)
def test_members_differ_and_the_whole_is_among_them(name):
    variant = VARIANTS[name]
    members = GRID.members_of(variant)
    assert len(set(members)) == len(members)
    assert any(
        member.parts_of(variant) == variant
        and member.gate == 1
        and member.joined == (variant.coordinates != "none")
        for member in members
    )


@pytest.mark.parametrize("name", [name for name, own in VARIANTS.items() if own.adaptive])
def test_an_adaptive_family_goes_down_to_raw_clip(name):
    raw = [
        member
        for member in GRID.members_of(VARIANTS[name])
        if not member.steps and member.centring == 0 and not member.joined
    ]
    assert len(raw) == 1


def test_the_family_of_the_whole_holds_the_others():
    """The untrained posteriors, and the papers' forms: all points of it."""
    whole = VARIANTS["xshot"]
    parts = {(one.parts_of(whole), one.joined) for one in GRID.members_of(whole)}
    for name in ("tip_adapter", "posterior"):
        own = VARIANTS[name]
        assert any(
            (had.projector, had.coordinates, joined) == (False, own.coordinates, True)
            for had, joined in parts
        )
    assert any(had.generation and not joined for had, joined in parts)


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("ungated", (100, 200)),
        ("dscmr", (100, 200)),
        ("clip_adapter", (100,)),
        ("posterior", (0,)),
        ("clip", (0,)),
    ],
)
def test_a_variant_that_is_not_adaptive_differs_in_length_alone(name, steps):
    assert tuple(one.steps for one in GRID.members_of(VARIANTS[name])) == steps


def test_strength_is_nothing_to_a_variant_without_a_gate():
    assert {one.gate for one in GRID.members_of(VARIANTS["no_gate"])} == {1.0}


def test_lengths_have_a_budget():
    lengths = (MAX_STEPS // 2, MAX_STEPS // 2)
    SelectParams(**{**GRID.model_dump(), "steps": lengths})
    with pytest.raises(ValidationError, match=f"steps, more than {MAX_STEPS}"):
        SelectParams(**{**GRID.model_dump(), "steps": (*lengths, 1)})


@pytest.mark.parametrize("name", ["steps", "gate", "centring", "calibration"])
def test_an_empty_list_is_refused(name):
    with pytest.raises(ValidationError):
        SelectParams(**{**GRID.model_dump(), name: ()})


def test_a_training_of_no_step_is_refused():
    with pytest.raises(ValidationError):
        SelectParams(**{**GRID.model_dump(), "steps": (0,)})
