"""Choosing settings on pseudo-episodes: no target label beyond the support, no test row.

Some source classes play target. Centring, mixture, generator and projector are fitted without
their other rows, by the library calls that the stages use.
"""

from collections.abc import Sequence

import numpy as np
import torch

from xshot.episode.episode import Episode
from xshot.projector.choice import Choice, Trial
from xshot.retrieval.tree import evaluate_systems
from xshot.seeds import numpy_stream
from xshot.selection.workbench import Reader, Settings, Workbench
from xshot.store.features import ClassFeatures
from xshot.variants import Variant


def pseudo_benches(
    episode: Episode, read: Reader, classes: ClassFeatures, device: torch.device
) -> tuple[Workbench, ...]:
    """A workbench for each pseudo-episode, with a seed of its own."""
    return tuple(
        Workbench(
            pseudo.task,
            pseudo.heldout,
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

    A single cell is taken untried.
    """
    if len(cells) == 1:
        return cells[0], ()
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
