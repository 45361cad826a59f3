"""Choosing settings on pseudo-episodes: no target label beyond the support, no test row.

Some source classes play target. Centring, mixture, generator and projector are fitted without
their other rows, by the library calls that the stages use.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from xshot.episode.episode import Episode, HeldOut, Rows
from xshot.projector.calibration import SOURCE, fit_weights
from xshot.projector.choice import Choice, Trial
from xshot.projector.embedder import MODALITIES
from xshot.retrieval.tree import evaluate_systems
from xshot.seeds import numpy_stream
from xshot.selection.workbench import Reader, Settings, Workbench
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
) -> tuple[Choice, tuple[Trial, ...]]:
    """The cell with the best criterion, averaged over pseudo-episodes; of equals, the first.

    Each cell gets the weights of evidence that are most likely on the pseudo-episodes. A single
    cell that needs none is taken untried.
    """
    if len(cells) == 1 and variant.coordinates == "none":
        return cells[0], ()
    weights = {
        steps: _fit_weights(benches, variant, settings, steps)
        for steps in dict.fromkeys(cell.steps for cell in cells)
    }
    cells = [_weighted(cell, weights[cell.steps]) for cell in cells]
    criteria = np.mean(
        [[criterion(bench, variant, settings, cell) for cell in cells] for bench in benches],
        axis=0,
    )
    trials = tuple(
        Trial(cell, round(float(value), 5)) for cell, value in zip(cells, criteria, strict=True)
    )
    return cells[int(criteria.argmax())], trials


def criterion(bench: Workbench, variant: Variant, settings: Settings, cell: Choice) -> float:
    """Generalized pseudo-target mAP plus source mAP, directions averaged."""
    embeddings = bench.embed(bench.embedder(variant, settings, cell))
    tree = evaluate_systems(
        {"model": embeddings}, bench.heldout_labels(), bench.task.is_target
    ).metrics["model"]
    return float(tree["generalized"]["avg"]["map"] + tree["source"]["avg"]["map"])


def _fit_weights(
    benches: Sequence[Workbench], variant: Variant, settings: Settings, steps: int
) -> dict[str, dict[str, float]] | None:
    """Weights of evidence by modality; None without coordinates."""
    judged = [bench.judged(variant, settings, steps) for bench in benches]
    found = [sides for sides in judged if sides is not None]
    if not found:
        return None
    return {
        modality: fit_weights(sides)
        for modality, sides in zip(MODALITIES, zip(*found, strict=True), strict=True)
    }


def _weighted(cell: Choice, weights: dict[str, dict[str, float]] | None) -> Choice:
    if weights is None:
        return cell
    shifted = {
        modality: own | {SOURCE: round(own[SOURCE] + cell.calibration, 4)}
        for modality, own in weights.items()
    }
    return replace(cell, weights=shifted)


def _thinned(rows: Rows) -> Rows:
    kept = np.linspace(0, len(rows.ids) - 1, min(len(rows.ids), MAX_ROWS)).astype(int)
    return Rows(tuple(rows.ids[row] for row in kept), tuple(rows.labels[row] for row in kept))
