"""Deciding which member of a family to train, from what members did on pseudo-episodes.

Within the error of the best the simplest is preferred (the one-standard-error rule; Hastie et al.,
The Elements of Statistical Learning, section 7.10), and none that gives up what raw CLIP has.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from xshot.projector.choice import Choice, Selection, Trial
from xshot.retrieval.galleries import GALLERIES
from xshot.selection.judgement import Judgement, balance, criterion, most_lost, standard_error
from xshot.variants import Variant

WITHIN_ERROR = 0.5
"""Standard errors that a simpler member may be behind the best and still be preferred to it."""

MOST_LOST = 0.015
"""mAP that a member may lose to raw CLIP in a gallery; gains in others do not pay for more."""

FEW_CLASSES = 12
"""Source classes below which pseudo-episodes say little about other classes."""

_Judged = tuple[Judgement, ...]
"""Of one member, on each pseudo-episode."""


def decide(
    judged: Sequence[Sequence[tuple[Choice, _Judged]]], variant: Variant, n_classes: int
) -> Selection:
    """Choose among members.

    Args:
        judged: each member's calibrations, and what they were judged to be on each pseudo-episode.
        variant: whose family it is.
        n_classes: source classes of the pseudo-episodes.
    """
    best_cells = [max(own, key=lambda cell: criterion(cell[1])) for own in judged]
    raw = _raw_of(best_cells)
    safe = [
        place
        for place, (_, own) in enumerate(best_cells)
        if raw is None or most_lost(own, raw) <= MOST_LOST
    ]
    best = max((best_cells[place] for place in safe), key=lambda cell: criterion(cell[1]))
    trials = tuple(_trial(cell, best, variant) for cell in best_cells)
    near = [place for place in safe if _is_near(trials[place])]
    simplest = min(_complexity(trials[place].choice, variant) for place in near)
    place = min(
        (place for place in near if _complexity(trials[place].choice, variant) == simplest),
        key=lambda place: trials[place].behind,
    )
    choice, _ = max(judged[place], key=lambda cell: balance(cell[1]))
    return Selection(choice, trials, tuple(_notes(best_cells, place, n_classes)))


def _raw_of(cells: Sequence[tuple[Choice, _Judged]]) -> _Judged | None:
    """What raw CLIP was judged to be, if it is a member."""
    return next((own for cell, own in cells if not cell.steps and cell.centring == 0), None)


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
    raw, chosen = _raw_of(cells), cells[place][1]
    if raw is not None and raw is not chosen:
        gain, error = criterion(chosen) - criterion(raw), standard_error(chosen, raw)
        if gain < 2 * error:
            yield (
                f"the pseudo-episodes are too small to tell: ahead of raw CLIP by {gain:.3f} in "
                f"the mean of the galleries, with a standard error of {error:.3f}"
            )
    ahead = [own for _, own in cells if criterion(own) > criterion(chosen)]
    unsafe = [own for own in ahead if raw is not None and most_lost(own, raw) > MOST_LOST]
    if unsafe:
        yield (
            f"members ahead in the mean of the galleries that lose more than {MOST_LOST} to raw "
            f"CLIP in one of them, and so are not taken: {len(unsafe)}"
        )
