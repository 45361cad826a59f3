from dataclasses import asdict

import pytest
from pydantic import ValidationError

from xshot.variants import VARIANTS, ModelParams, Variant

DESIGNED = {
    "clip", "flex_clip", "gcrdp", "flex_gcrdp", "xshot", "centred_clip", "ungated", "dscmr",
    "tip_adapter", "posterior", "no_generation", "no_gan", "no_composition", "no_gate",
    "no_mixture", "single_positive", "no_rdp",
    "clip_adapter", "tip_adapter_f", "linear_probe", "cross_modal",
}  # fmt: skip


def changed_parts(name):
    """What sets a variant apart from the whole method."""
    whole = asdict(VARIANTS["xshot"])
    return {part: value for part, value in asdict(VARIANTS[name]).items() if value != whole[part]}


def test_the_variants_are_those_of_the_design():
    assert set(VARIANTS) == DESIGNED


def test_no_two_variants_are_the_same():
    assert len(set(VARIANTS.values())) == len(VARIANTS)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("no_generation", {"generation": False, "adversarial": False, "composition": False}),
        ("no_gan", {"adversarial": False}),
        ("no_composition", {"composition": False}),
        ("no_gate", {"gate": False}),
        ("no_mixture", {"mixture": False}),
        ("single_positive", {"contrast": "single"}),
        ("no_rdp", {"distances": False}),
        ("flex_gcrdp", {"coordinates": "none"}),
    ],
)
def test_an_ablation_takes_away_what_its_name_says(name, changes):
    assert changed_parts(name) == changes


def test_each_paper_goes_without_what_the_other_one_brought():
    generation = {"generation": False, "adversarial": False, "composition": False}
    mixture = {"mixture": False, "contrast": "single", "distances": False}
    assert changed_parts("gcrdp") == {**generation, "coordinates": "none"}
    assert changed_parts("flex_clip") == {**mixture, "coordinates": "none"}


@pytest.mark.parametrize("name", VARIANTS)
def test_parts_that_need_another_part_have_it(name):
    parts = VARIANTS[name]
    assert parts.generation or not (parts.adversarial or parts.composition)
    trained = parts.gate or parts.mixture or parts.distances or parts.contrast != "none"
    assert parts.projector or not (trained or parts.generation)


def test_raw_clip_is_nothing_at_all():
    assert VARIANTS["clip"] == Variant(
        centring=False, projector=False, gate=False, generation=False, adversarial=False,
        composition=False, mixture=False, contrast="none", distances=False, coordinates="none",
        adaptive=False,
    )  # fmt: skip


class TestModelParams:
    def test_parts_are_those_of_the_variant(self):
        assert ModelParams(k_shot=3, variant="no_gan").parts is VARIANTS["no_gan"]

    def test_an_unknown_variant_is_told_the_known_ones(self):
        with pytest.raises(ValidationError, match=r"unknown variant; one of xshot, flex_clip, "):
            ModelParams(k_shot=3, variant="xshoot")

    @pytest.mark.parametrize("k_shot", [-1, 1.5, "3", True, None])
    def test_k_shot_is_a_whole_number_from_0(self, k_shot):
        with pytest.raises(ValidationError, match="k_shot"):
            ModelParams(k_shot=k_shot, variant="xshot")
