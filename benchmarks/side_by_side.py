"""Time XShot and a peer on the same work, in turn, in the same run."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

T = TypeVar("T")

REPEATS = 3


@dataclass(frozen=True)
class Row:
    """One comparison; a ratio is the peer's time over XShot's, so more is better.

    Attributes:
        name: the work.
        peer: what did the same work, or the time that XShot may take.
        peer_seconds: median over the rounds.
        xshot_seconds: median over the rounds.
        ratio_median: of the rounds' ratios.
        ratio_min: the worst round.
        ratio_max: the best round.
        target: the ratio to reach; None = only reported.
        equal: whether both computed the same in every round.
    """

    name: str
    peer: str
    peer_seconds: float
    xshot_seconds: float
    ratio_median: float
    ratio_min: float
    ratio_max: float
    target: float | None
    equal: bool


def side_by_side(
    name: str,
    peer_name: str,
    peer: Callable[[], T],
    ours: Callable[[], T],
    *,
    equal: Callable[[T, T], bool],
    target: float | None = None,
    repeats: int = REPEATS,
) -> Row:
    """Run both `repeats` times in turn, compare what they return, print and return the row."""
    times, same = [], True
    for _ in range(repeats):
        start = time.perf_counter()
        theirs = peer()
        middle = time.perf_counter()
        mine = ours()
        times.append((middle - start, time.perf_counter() - middle))
        same &= bool(equal(theirs, mine))
    return summarise(name, peer_name, times, equal=same, target=target)


def summarise(
    name: str,
    peer: str,
    times: Sequence[tuple[float, float]],
    *,
    equal: bool,
    target: float | None = None,
) -> Row:
    """Print and return the row of rounds that took (peer, XShot) seconds."""
    ratios = [theirs / mine for theirs, mine in times]
    peer_seconds, xshot_seconds = (median(column) for column in zip(*times, strict=True))
    low, middle, high = min(ratios), median(ratios), max(ratios)
    row = Row(name, peer, peer_seconds, xshot_seconds, middle, low, high, target, equal)
    print(f"{name}: {peer} {peer_seconds:.3g} s, XShot {xshot_seconds:.3g} s,", end=" ")
    print(f"{middle:.2f}x ({low:.2f} to {high:.2f}), target {target or '-'}", end="")
    print("" if equal else ", NOT EQUAL", flush=True)
    return row
