"""Choosing a member of the variant's family on pseudo-episodes: no target label beyond the support.

Some source classes play target. Centring, mixture, generator and projector are fitted without
their other rows, by the library calls that the stages use.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product
from typing import TypeVar

import numpy as np
import torch

from xshot.episode.episode import Episode, HeldOut, Rows
from xshot.progress import progress
from xshot.projector.calibration import SOURCE, fit_weights
from xshot.projector.choice import Choice, Selection, Trial
from xshot.projector.embedder import MODALITIES
from xshot.retrieval.galleries import GALLERIES
from xshot.seeds import numpy_stream
from xshot.selection.judgement import Judgement, balance, criterion, judge, standard_error
from xshot.selection.params import SelectParams
from xshot.selection.workbench import Reader, Settings, Workbench
from xshot.store.features import ClassFeatures
from xshot.variants import Variant

MAX_ROWS = 1500
"""Held-out rows of a kind that a pseudo-episode is judged on; more are thinned evenly."""

WITHIN_ERROR = 0.5
"""Standard errors that a simpler member may be behind the best and still be preferred to it."""

FEW_CLASSES = 12
"""Source classes below which pseudo-episodes say little about other classes."""

_Judged = tuple[Judgement, ...]
"""Of one member, on each pseudo-episode."""

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
    """The simplest member within `WITHIN_ERROR` of the best, with the calibration that suits it.

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
    return _decide(judged, variant, len(benches[0].task.classes))


def _decide(
    judged: Sequence[Sequence[tuple[Choice, _Judged]]], variant: Variant, n_classes: int
) -> Selection:
    """Choose among members, each given as its calibrations and what they were judged to be."""
    best_cells = [max(own, key=lambda cell: criterion(cell[1])) for own in judged]
    best = max(best_cells, key=lambda cell: criterion(cell[1]))
    trials = tuple(_trial(cell, best, variant) for cell in best_cells)
    near = [place for place, trial in enumerate(trials) if _is_near(trial)]
    simplest = min(_complexity(trials[place].choice, variant) for place in near)
    place = min(
        (place for place in near if _complexity(trials[place].choice, variant) == simplest),
        key=lambda place: trials[place].behind,
    )
    choice, _ = max(judged[place], key=lambda cell: balance(cell[1]))
    return Selection(choice, trials, tuple(_notes(best_cells, place, n_classes)))


def _complexity(choice: Choice, variant: Variant) -> tuple[float, ...]:
    """Less is simpler: raw CLIP, centred, a posterior without training, a projection, both."""
    parts = choice.parts_of(variant)
    return (
        parts.projector and choice.joined,
        parts.projector,
        choice.joined and parts.coordinates != "none",
        parts.coordinates == "posterior" and choice.joined,
        parts.generation,
        choice.steps,
        0 if parts.projector or choice.joined else choice.centring,
    )


def _is_near(trial: Trial) -> bool:
    # Members that differ by rounding alone are the same: two machines must choose alike.
    return trial.behind <= max(WITHIN_ERROR * trial.error, 1e-4)


def _trial(cell: tuple[Choice, _Judged], best: tuple[Choice, _Judged], variant: Variant) -> Trial:
    choice, judged = cell
    maps = {
        name: round(float(np.mean([one.maps[name] for one in judged])), 5) for name in GALLERIES
    }
    behind = criterion(best[1]) - criterion(judged)
    return Trial(choice, maps, round(behind, 5), round(standard_error(best[1], judged), 5))


def _notes(cells: Sequence[tuple[Choice, _Judged]], place: int, n_classes: int) -> Iterator[str]:
    """What a reader should know of the choice."""
    if n_classes < FEW_CLASSES:
        yield (
            f"only {n_classes} source classes to try on: what suits them may not suit the target "
            "classes"
        )
    raw = next((own for cell, own in cells if not cell.steps and cell.centring == 0), None)
    chosen = cells[place][1]
    if raw is not None and raw is not chosen:
        gain, error = criterion(chosen) - criterion(raw), standard_error(chosen, raw)
        if gain < 2 * error:
            yield (
                f"the pseudo-episodes are too small to tell: ahead of raw CLIP by {gain:.3f} in "
                f"the mean of the galleries, with a standard error of {error:.3f}"
            )


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
