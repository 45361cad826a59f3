"""Which rows each training step sees: half source, half target, every class equally often."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray


@dataclass(frozen=True)
class Pools:
    """The rows that training may draw, by where they come from; each (N, C) bool.

    A row belongs to a pool for the classes that are set there: a support row with a source label
    too is drawn for its target class only. `weights` (N,) say how often it is, beside others of its
    class; None = equally often.
    """

    source: NDArray[np.bool_]
    support: NDArray[np.bool_]
    pseudo: NDArray[np.bool_]
    weights: NDArray[np.float32] | None = None


def draw_batches(
    pools: Pools, *, steps: int, batch_size: int, generator: torch.Generator
) -> NDArray[np.int64]:
    """Draw all batches of a training run.

    The target half is half support and half pseudo rows, or all of whichever there is; without
    either, the whole batch is source.

    Returns:
        (steps, batch_size) row indices.
    """
    target = [pool for pool in (pools.support, pools.pseudo) if pool.any()]
    parts = [(pools.source, batch_size - (batch_size // 2 if target else 0))]
    left = batch_size // 2
    for waiting, pool in zip(range(len(target), 0, -1), target, strict=True):
        parts.append((pool, left // waiting))
        left -= left // waiting
    drawn = [draw_balanced(pool, (steps, count), generator, pools.weights) for pool, count in parts]
    return np.concatenate(drawn, axis=1)


def draw_balanced(
    labels: NDArray[np.bool_],
    shape: tuple[int, int],
    generator: torch.Generator,
    weights: NDArray[np.float32] | None = None,
) -> NDArray[np.int64]:
    """Draw rows with replacement: first a class among those that have rows, then one of its rows.

    Args:
        labels: (N, C) bool, at least one set.
        shape: of the result.
        generator: the source of randomness.
        weights: (N,) above 0: how often a row is drawn for a class, beside others.

    Returns:
        `shape` row indices.
    """
    members = np.nonzero(labels.T)[1]  # rows, class by class
    counts = labels.sum(axis=0)
    starts = np.cumsum(counts) - counts
    present = np.flatnonzero(counts)
    # In double precision: a product with a float32 close to 1 may round up to the count itself.
    uniform = torch.rand(2, *shape, dtype=torch.float64, generator=generator).numpy()
    classes = present[(uniform[0] * len(present)).astype(np.int64)]
    places = starts[classes] + (uniform[1] * counts[classes]).astype(int)
    if weights is not None:
        ends = np.cumsum(weights[members], dtype=np.float64)
        below = np.append(0, ends)[starts[classes]]
        within = ends[starts[classes] + counts[classes] - 1] - below
        places = np.searchsorted(ends, below + uniform[1] * within, side="right")
        places = np.minimum(places, starts[classes] + counts[classes] - 1)
    drawn: NDArray[np.int64] = members[places]
    return drawn
