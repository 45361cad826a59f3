"""A model out of its parts: train the projector if the variant has one, then join coordinates."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from xshot.curves import Curves
from xshot.episode.training_set import TrainingSet
from xshot.projector.baselines.cross_modal import gather_cross_modal_evidence
from xshot.projector.baselines.linear_probe import gather_linear_probe_evidence
from xshot.projector.baselines.tip_adapter_f import gather_tip_f_evidence
from xshot.projector.choice import Choice
from xshot.projector.coordinates import Coordinates
from xshot.projector.embedder import MODALITIES, Embedder, project
from xshot.projector.evidence import Evidence
from xshot.projector.gathering import gather_evidence, gather_tip_evidence, with_projection
from xshot.projector.params import ProjectorParams
from xshot.store.pseudo import PseudoFeatures
from xshot.variants import Variant

if TYPE_CHECKING:
    import torch

    from xshot.mixture.mixture import Mixtures
    from xshot.projector.networks import GatedProjector

_PUBLISHED: dict[str, Callable[[TrainingSet], tuple[Evidence, Evidence]]] = {
    "tip": gather_tip_evidence,
    "tip_f": gather_tip_f_evidence,
    "linear_probe": gather_linear_probe_evidence,
    "cross_modal": gather_cross_modal_evidence,
}
"""Evidence of `Variant.coordinates` that are others' classifiers."""


def fit_embedder(
    training: TrainingSet,
    pseudo: PseudoFeatures,
    mixtures: "Mixtures | None",
    *,
    variant: Variant,
    params: ProjectorParams,
    choice: Choice,
    generator: "torch.Generator | None",
    device: "torch.device | None",
) -> tuple[Embedder, Curves]:
    """Train and assemble what `variant` asks for; torch is not imported where it trains nothing.

    Args:
        training: source and support pairs, centred.
        pseudo: generated pairs; may be empty.
        mixtures: weigh the positives; None = all alike.
        variant: the parts that there may be; the choice says which of them there are.
        params: of the projector and the coordinates.
        choice: what `select` chose.
        generator: randomness of the training; unused without a projector.
        device: where to train; unused without a projector.
    """
    parts = choice.parts_of(variant)
    projector, curves = None, Curves("train_projector", remedy="")
    if parts.projector and generator is not None and device is not None:
        from xshot.projector.training import train_projector

        projector, curves = train_projector(
            training,
            pseudo,
            mixtures,
            variant=parts,
            params=params,
            steps=choice.steps,
            generator=generator,
            device=device,
        )
    evidence = evidence_of(training, parts, params)
    if evidence is not None and projector is not None and choice.joined:
        evidence = projected_evidence(evidence, training, projector, params)
    return assemble(training, projector, evidence, params, choice), curves


def assemble(
    training: TrainingSet,
    projector: "GatedProjector | None",
    evidence: tuple[Evidence, Evidence] | None,
    params: ProjectorParams,
    choice: Choice,
) -> Embedder:
    """The model around a projector and its evidence: the same ones serve many choices."""
    if projector is not None:
        projector = projector.with_strength(choice.gate)
    if evidence is None or choice.weights is None:
        return Embedder(training.centring, projector, share=choice.centring)
    weight = params.coordinates if choice.joined else 0.0
    image, text = (
        Coordinates(known, training.is_target, choice.weights[modality], weight)
        for modality, known in zip(MODALITIES, evidence, strict=True)
    )
    return Embedder(training.centring, projector, (image, text), choice.centring)


def evidence_of(
    training: TrainingSet, variant: Variant, params: ProjectorParams
) -> tuple[Evidence, Evidence] | None:
    """What the variant's coordinates rest on, for images and texts; None if it has none.

    That is without a projection: `projected_evidence` adds what is known by one.
    """
    if variant.coordinates == "none" or not params.coordinates:
        return None
    if variant.coordinates != "posterior":
        return _PUBLISHED[variant.coordinates](training)
    return gather_evidence(
        training,
        prompt_weight=params.prompt_weight,
        shrinkage=params.shrinkage,
        sharpness=params.sharpness,
    )


def projected_evidence(
    evidence: tuple[Evidence, Evidence],
    training: TrainingSet,
    projector: "GatedProjector",
    params: ProjectorParams,
) -> tuple[Evidence, Evidence]:
    """The evidence of the same training set, with what the projection says."""
    projected = replace(
        training,
        image=project(projector, training.image, 0),
        text=project(projector, training.text, 1),
        prompts=project(projector, training.prompts, 1),
    )
    return with_projection(evidence, projected, prompt_weight=params.prompt_weight)
