"""The report page: one file that needs nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from xshot.episode.params import TrainOn
from xshot.report.cards import example_cards
from xshot.report.confusion import TOP, confusion_matrix, worst_confusions
from xshot.report.figures.confusion import confusion_figure
from xshot.report.figures.gates import gates_figure
from xshot.report.figures.precision_recall import precision_recall_figure
from xshot.report.figures.pseudo import pseudo_figure
from xshot.report.figures.training import training_figures
from xshot.report.gallery import ANSWERS, choose_examples
from xshot.report.generation import Generation
from xshot.report.outcome import (
    DIRECTION_NAMES,
    KINDS,
    MODALITIES,
    SYSTEM_NAMES,
    SYSTEMS,
    Outcome,
)
from xshot.report.pairs import Pairs
from xshot.report.palette import DARK, LIGHT, custom_properties
from xshot.report.series import Columns, Series
from xshot.report.template import page_template
from xshot.report.words import class_words, gate_words, verdict
from xshot.variants import KShot

_CONFUSIONS = 12


@dataclass(frozen=True)
class RunFacts:
    """Which run the page is about.

    Attributes:
        dataset: `data.name`.
        encoder: its name.
        variant: `model.variant`.
        k_shot: `model.k_shot`.
        seed: of the episode.
        chosen: the member that pseudo-episodes chose, in words.
        notes: what there is to say of the choice.
        tried: a row per member that was tried, from `report.choice`.
        gallery: what answered the queries; `estimate`: those of pseudo-episodes are shown.
        train_on: whether the model has seen the test rows, too.
    """

    dataset: str
    encoder: str
    variant: str
    k_shot: KShot
    seed: int
    chosen: str
    notes: Sequence[str] = ()
    tried: Sequence[Mapping[str, Any]] = ()
    gallery: Literal["test", "train", "estimate"] = "test"
    train_on: TrainOn = "train"


def render_page(
    *,
    facts: RunFacts,
    outcome: Outcome,
    series: Series,
    curves: Mapping[str, Columns],
    generation: Generation | None,
    pairs: Pairs,
) -> str:
    """The whole page as HTML.

    Args:
        facts: shown in the title.
        outcome: metrics, embeddings, gates.
        series: as written for DVC.
        curves: training curves by stage; without columns where nothing was trained.
        generation: None if the variant generates nothing.
        pairs: pictures and texts of the outcome's rows.
    """
    metrics = outcome.evaluation.metrics
    matrices = {system: confusion_matrix(outcome, system) for system in SYSTEMS}
    return page_template("xshot.report").render(
        **_constants(),
        facts=facts,
        outcome=outcome,
        series=series,
        generation=generation,
        metrics=metrics,
        interval="ci95" in metrics["gain"]["target"],
        n_source=int((~outcome.is_target).sum()),
        n_target=int(outcome.is_target.sum()),
        verdicts={kind: verdict(metrics, kind) for kind in KINDS},
        class_words=class_words(series.class_ap),
        gate_words=gate_words(outcome) if outcome.gates else "",
        figures=_safe(_figures(outcome, series, generation, matrices)),
        training={
            stage: _safe(training_figures(columns, stage)) for stage, columns in curves.items()
        },
        confusions=_confusion_rows(outcome.classes, matrices),
        gallery={
            direction: [
                example_cards(example, outcome, pairs)
                for example in choose_examples(outcome, direction)
            ]
            for direction in DIRECTION_NAMES
        },
        attribution=pairs.attribution,
    )


def _constants() -> dict[str, Any]:
    return {
        "light": custom_properties(LIGHT),
        "dark": custom_properties(DARK),
        "kinds": KINDS,
        "modalities": MODALITIES,
        "systems": SYSTEM_NAMES,
        "directions": DIRECTION_NAMES,
        "confusion_top": TOP,
        "answers": ANSWERS,
    }


def _figures(
    outcome: Outcome,
    series: Series,
    generation: Generation | None,
    matrices: dict[str, NDArray[np.float64]],
) -> dict[str, str]:
    chance = outcome.evaluation.metrics["gallery"]["target"]["chance"]
    figures = {
        f"recall-{direction}": precision_recall_figure(series.precision_recall, direction, chance)
        for direction in DIRECTION_NAMES
    }
    for system, matrix in matrices.items():
        figures[f"confusion-{system}"] = confusion_figure(matrix, outcome.is_target, system)
    for modality in MODALITIES:
        if outcome.gates:
            figures[f"gates-{modality}"] = gates_figure(series.gates, modality)
        if generation:
            clouds = generation.real[modality], generation.pseudo[modality]
            figures[f"pseudo-{modality}"] = pseudo_figure(*clouds, modality)
    return figures


def _confusion_rows(
    classes: tuple[str, ...], matrices: dict[str, NDArray[np.float64]]
) -> list[dict[str, str | float]]:
    return [
        {
            "asked": classes[worst.asked],
            "answered": classes[worst.answered],
            "model": worst.share,
            "clip": float(matrices["clip"][worst.asked, worst.answered]),
        }
        for worst in worst_confusions(matrices["model"], _CONFUSIONS)
    ]


def _safe(drawings: dict[str, str]) -> dict[str, Markup]:
    """Our own drawings are markup; every other string is escaped."""
    return {name: Markup(svg) for name, svg in drawings.items()}
