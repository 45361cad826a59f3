"""Time XShot and a peer on the same work, in turn, in the same run."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Row:
    """One comparison; a ratio is the peer's time over XShot's, so more is better."""

    name: str
    peer: str
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
    repeats: int = 3,
) -> Row:
    """Run both `repeats` times in turn, check that they agree, print and return the row.

    Raises:
        AssertionError: the two did not compute the same.
    """
    ratios, times = [], []
    for _ in range(repeats):
        start = time.perf_counter()
        theirs = peer()
        middle = time.perf_counter()
        mine = ours()
        end = time.perf_counter()
        assert equal(theirs, mine), f"{name}: {peer_name} gives {theirs}, XShot {mine}"
        times.append((middle - start, end - middle))
        ratios.append((middle - start) / (end - middle))
    theirs_s, mine_s = (median(column) for column in zip(*times, strict=True))
    spread = f"{min(ratios):.1f} to {max(ratios):.1f}"
    print(f"{name}: {peer_name} {theirs_s:.3g} s, XShot {mine_s:.3g} s,", end=" ")
    print(f"{median(ratios):.1f}x ({spread}), target {target or '-'}", flush=True)
    return Row(name, peer_name, median(ratios), min(ratios), max(ratios), target, True)
