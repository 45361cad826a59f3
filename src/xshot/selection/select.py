"""Choosing settings on pseudo-episodes: no target label beyond the support, no test row.

Some source classes play target. Centring, mixture, generator and projector are fitted without
their other rows, by the library calls that the stages use.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product

import numpy as np
import torch

from xshot.episode.episode import Episode, HeldOut, Rows
from xshot.progress import progress
from xshot.projector.calibration import SOURCE, Judged, fit_weights
from xshot.projector.choice import Choice, Trial
from xshot.projector.embedder import MODALITIES
from xshot.retrieval.tree import evaluate_systems
from xshot.seeds import numpy_stream
from xshot.selection.workbench import Reader, Settings, Sides, Workbench
from xshot.store.features import ClassFeatures
from xshot.variants import Variant

MAX_ROWS = 4000
"""Held-out rows of a kind that a pseudo-episode is judged on; more are thinned evenly."""


def pseudo_benches(
    episode: Episode, read: Reader, classes: ClassFeatures, device: torch.device
) -> tuple[Workbench, ...]:
    """A workbench for each pseudo-episode, with a seed of its own."""
    return tuple(
        Workbench(
            pseudo.task,
            HeldOut(_thinned(pseudo.heldout.test_source), _thinned(pseudo.heldout.test_target)),
            read,
            classes,
            int(numpy_stream(episode.seed, f"pseudo-episode {draw}").integers(2**32)),
            device,
        )
        for draw, pseudo in enumerate(episode.pseudo_episodes)
    )


def select(
    cells: Sequence[Choice],
    benches: Sequence[Workbench],
    variant: Variant,
    settings: Settings,
    *,
    threads: int = 1,
) -> tuple[Choice, tuple[Trial, ...]]:
    """The cell with the best criterion, averaged over pseudo-episodes; of equals, the first.

    Each cell gets the weights of evidence that are most likely on the pseudo-episodes. A single
    cell that needs none is taken untried.

    Args:
        cells: to choose from.
        benches: the pseudo-episodes.
        variant: the model's parts.
        settings: the params that training takes.
        threads: pseudo-episodes that are worked on at a time. The result does not depend on it.
    """
    if len(cells) == 1 and variant.coordinates == "none":
        return cells[0], ()
    with ThreadPoolExecutor(threads) as pool:
        weights = _fit_weights(cells, benches, variant, settings, pool)
        cells = [_weighted(cell, weights[cell.steps]) for cell in cells]
        trials = list(product(cells, benches))
        found = pool.map(lambda trial: criterion(trial[1], variant, settings, trial[0]), trials)
        values = list(progress(found, total=len(trials), unit="trial", label="select"))
    criteria = np.reshape(values, (len(cells), len(benches))).mean(axis=1)
    tried = tuple(
        Trial(cell, round(float(value), 5)) for cell, value in zip(cells, criteria, strict=True)
    )
    return cells[int(criteria.argmax())], tried


def criterion(bench: Workbench, variant: Variant, settings: Settings, cell: Choice) -> float:
    """Generalized pseudo-target mAP plus source mAP, directions averaged."""
    embeddings = bench.embed(bench.embedder(variant, settings, cell))
    tree = evaluate_systems(
        {"model": embeddings},
        bench.heldout_labels(),
        bench.task.is_target,
        image_rows=bench.heldout_rows().image_rows,
    ).metrics["model"]
    return float(tree["generalized"]["avg"]["map"] + tree["source"]["avg"]["map"])


def _fit_weights(
    cells: Sequence[Choice],
    benches: Sequence[Workbench],
    variant: Variant,
    settings: Settings,
    pool: ThreadPoolExecutor,
) -> dict[int, dict[str, dict[str, float]] | None]:
    """Weights of evidence by steps, then modality; None without coordinates."""
    judged: dict[int, list[Sides[Judged]]] = {cell.steps: [] for cell in cells}
    models = list(product(judged, benches))
    found = pool.map(lambda model: model[1].judged(variant, settings, model[0]), models)
    shown = progress(found, total=len(models), unit="model", label="pseudo-episodes")
    for (steps, _), sides in zip(models, shown, strict=True):
        if sides is not None:
            judged[steps].append(sides)
    return {steps: _weights(found) if found else None for steps, found in judged.items()}


def _weights(judged: Sequence[Sides[Judged]]) -> dict[str, dict[str, float]]:
    """Weights of evidence by modality, from the pseudo-episodes' images and texts."""
    return {
        modality: fit_weights(sides)
        for modality, sides in zip(MODALITIES, zip(*judged, strict=True), strict=True)
    }


def _weighted(cell: Choice, weights: dict[str, dict[str, float]] | None) -> Choice:
    if weights is None:
        return cell
    shifted = {
        modality: fitted | {SOURCE: round(fitted[SOURCE] + cell.calibration, 4)}
        for modality, fitted in weights.items()
    }
    return replace(cell, weights=shifted)


def _thinned(rows: Rows) -> Rows:
    kept = np.linspace(0, len(rows.ids) - 1, min(len(rows.ids), MAX_ROWS)).astype(int)
    return rows.take(kept.tolist())
