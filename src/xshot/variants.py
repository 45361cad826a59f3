"""What each `model.variant` is made of: one row per variant, one column per part."""

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from xshot.params import Section

KShot = Annotated[int, Field(ge=0)] | Literal["all"]
"""How many labelled pictures of each target class training sees."""


@dataclass(frozen=True)
class Variant:
    """The parts of a variant. A term is on iff its part is on and its own weight is not 0.

    Attributes:
        centring: subtract the source-train mean of each modality (off only in raw CLIP).
        projector: train a projection; without it the (centred) features are the embedding.
        gate: mix projected and original feature (FLEX-CLIP); without it the projection alone.
        generation: pseudo features of the target classes (FLEX-CLIP).
        adversarial: the WGAN-GP terms of the generator (FLEX-CLIP).
        composition: cross-modal reconstruction of the generator (our addition).
        mixture: Gaussian-mixture responsibilities weigh positives and steer generation (GCRDP).
        contrast: contrastive term of the projection (GCRDP: multi-positive).
        distances: relative distance preservation (GCRDP).
        objective: `xshot` = the losses above; `dscmr` = those of Zhen et al., CVPR 2019;
            `clip_adapter` = network, loss and length of Gao et al., IJCV 2023.
        coordinates: class-posterior coordinates that join the embedding: ours, or the posterior of
            a published few-shot classifier (Tip-Adapter, Tip-Adapter-F, LP++, cross-modal probe).
        adaptive: `select` may leave parts out, down to raw CLIP; the others are as their row says.
    """

    centring: bool = True
    projector: bool = True
    gate: bool = True
    generation: bool = True
    adversarial: bool = True
    composition: bool = True
    mixture: bool = True
    contrast: Literal["none", "single", "multi"] = "multi"
    distances: bool = True
    objective: Literal["xshot", "dscmr", "clip_adapter"] = "xshot"
    coordinates: Literal["none", "posterior", "tip", "tip_f", "linear_probe", "cross_modal"] = (
        "posterior"
    )
    adaptive: bool = True


def _without_generation(variant: Variant) -> Variant:
    return replace(variant, generation=False, adversarial=False, composition=False)


_XSHOT = Variant()
_PAPERS = replace(_XSHOT, coordinates="none")
# A projector trained on source and support alone, with nothing that protects the target classes.
_BARE = replace(
    _without_generation(_PAPERS),
    gate=False,
    mixture=False,
    contrast="none",
    distances=False,
    adaptive=False,
)
_UNTRAINED = replace(_BARE, projector=False)

VARIANTS: dict[str, Variant] = {
    # the method
    "xshot": _XSHOT,
    # the papers
    "flex_clip": replace(_PAPERS, mixture=False, contrast="single", distances=False),
    "gcrdp": _without_generation(_PAPERS),
    "flex_gcrdp": _PAPERS,
    # baselines
    "clip": replace(_UNTRAINED, centring=False),
    "centred_clip": _UNTRAINED,
    "ungated": replace(_BARE, contrast="single"),
    "dscmr": replace(_BARE, objective="dscmr"),
    "clip_adapter": replace(_BARE, objective="clip_adapter"),
    "tip_adapter": replace(_UNTRAINED, coordinates="tip"),
    "tip_adapter_f": replace(_UNTRAINED, coordinates="tip_f"),
    "linear_probe": replace(_UNTRAINED, coordinates="linear_probe"),
    "cross_modal": replace(_UNTRAINED, coordinates="cross_modal"),
    "posterior": replace(_UNTRAINED, coordinates="posterior"),
    # ablations of xshot
    "no_generation": _without_generation(_XSHOT),
    "no_gan": replace(_XSHOT, adversarial=False),
    "no_composition": replace(_XSHOT, composition=False),
    "no_gate": replace(_XSHOT, gate=False),
    "no_mixture": replace(_XSHOT, mixture=False),
    "single_positive": replace(_XSHOT, contrast="single"),
    "no_rdp": replace(_XSHOT, distances=False),
}


def known_variant(name: str) -> str:
    """`name` itself.

    Raises:
        ValueError: no such variant.
    """
    if name not in VARIANTS:
        raise ValueError(f"unknown variant; one of {', '.join(VARIANTS)}")
    return name


class ModelParams(Section):
    """Which model, and how many labelled pairs of each target class it may see."""

    key: ClassVar[str] = "model"

    k_shot: KShot = Field(
        default=3, description="labelled pictures per target class; `all` takes every one there is"
    )
    variant: Annotated[str, AfterValidator(known_variant)] = Field(
        default="xshot", description="what the model is made of: a row of xshot.variants"
    )

    @property
    def parts(self) -> Variant:
        """The parts of the chosen variant."""
        return VARIANTS[self.variant]
