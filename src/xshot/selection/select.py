"""Choosing a member of the variant's family on pseudo-episodes: no target label beyond the support.

Some source classes play target. Centring, mixture, generator and projector are fitted without
their other rows, by the library calls that the stages use.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product
from typing import TypeVar

import numpy as np
import torch

from xshot.episode.episode import Episode, HeldOut, Rows
from xshot.progress import progress
from xshot.projector.calibration import SOURCE, fit_weights
from xshot.projector.choice import Choice, Selection
from xshot.projector.embedder import MODALITIES
from xshot.seeds import numpy_stream
from xshot.selection.decision import decide
from xshot.selection.judgement import judge
from xshot.selection.params import SelectParams
from xshot.selection.workbench import Reader, Settings, Workbench
from xshot.store.features import ClassFeatures
from xshot.variants import Variant

MAX_ROWS = 1500
"""Held-out rows of a kind that a pseudo-episode is judged on; more are thinned evenly."""

T = TypeVar("T")


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
    grid: SelectParams,
    benches: Sequence[Workbench],
    variant: Variant,
    settings: Settings,
    *,
    threads: int = 1,
) -> Selection:
    """The member that `decide` takes, with the calibration that suits it.

    Each member gets the weights of evidence that are most likely on the pseudo-episodes. A single
    member that needs none is taken untried.

    Args:
        grid: says what to try.
        benches: the pseudo-episodes.
        variant: the parts that there may be.
        settings: the params that training takes.
        threads: pseudo-episodes that are worked on at a time. The result does not depend on it.
    """
    members = grid.members_of(variant)
    if len(members) == 1 and variant.coordinates == "none":
        return Selection(members[0])
    with ThreadPoolExecutor(threads) as pool:
        weighted = _with_weights(members, benches, variant, settings, pool)
        cells = [_cells(member, grid.calibration) for member in weighted]
        tried = list(product([cell for own in cells for cell in own], benches))
        found = iter(
            _in_parallel(
                pool,
                lambda cell, bench: judge(
                    bench, bench.embed(bench.embedder(variant, settings, cell))
                ),
                tried,
                "trial",
            )
        )
        judged = [[(cell, tuple(next(found) for _ in benches)) for cell in own] for own in cells]
    return decide(judged, variant, len(benches[0].task.classes))


def _with_weights(
    members: Sequence[Choice],
    benches: Sequence[Workbench],
    variant: Variant,
    settings: Settings,
    pool: ThreadPoolExecutor,
) -> list[Choice]:
    """The members with the weights of their evidence, fitted once for those that share it."""
    evidence = dict.fromkeys(map(_evidence_of, members))
    tried = list(product(evidence, benches))
    found = iter(
        _in_parallel(pool, lambda one, bench: bench.judged(variant, settings, one), tried, "model")
    )
    weights = {}
    for one in evidence:
        sides = [own for own in (next(found) for _ in benches) if own is not None]
        weights[one] = (
            {
                modality: fit_weights(judged)
                for modality, judged in zip(MODALITIES, zip(*sides, strict=True), strict=True)
            }
            if sides
            else None
        )
    return [replace(member, weights=weights[_evidence_of(member)]) for member in members]


def _evidence_of(member: Choice) -> Choice:
    """The member that has the same evidence and nothing else: what is not joined is unprojected."""
    if not member.joined:
        return Choice(0, 0.0)
    return Choice(member.steps, 0.0, generation=member.generation, evidence=member.evidence)


def _cells(member: Choice, calibrations: Sequence[float]) -> list[Choice]:
    """A member in each calibration; where nothing is joined they are all the same."""
    if member.weights is None:
        return [member]
    shifts = calibrations if member.joined else calibrations[:1]
    return [
        replace(
            member,
            calibration=shift,
            weights={
                modality: fitted | {SOURCE: round(fitted[SOURCE] + shift, 4)}
                for modality, fitted in member.weights.items()
            },
        )
        for shift in shifts
    ]


def _in_parallel(
    pool: ThreadPoolExecutor,
    work: Callable[[Choice, Workbench], T],
    tasks: Sequence[tuple[Choice, Workbench]],
    unit: str,
) -> list[T]:
    found = pool.map(lambda task: work(*task), tasks)
    return list(progress(found, total=len(tasks), unit=unit, label="select"))


def _thinned(rows: Rows) -> Rows:
    kept = np.linspace(0, len(rows.ids) - 1, min(len(rows.ids), MAX_ROWS)).astype(int)
    return rows.take(kept.tolist())
