"""Episodes among the source classes, on which settings are chosen without target labels.

Some source classes play target, with a K-shot support of their own; the others stay source, with
part of their rows held out as test rows. All rows are source training rows.
"""

import numpy as np

from xshot.episode.episode import HeldOut, PseudoEpisode, Rows, Task
from xshot.episode.labels import (
    Labels,
    draw_target,
    named,
    rows_per_class,
    shuffled,
    without_classes,
)
from xshot.episode.support import draw_support
from xshot.errors import UserError

TEST_FRACTION = 0.4


def draw_pseudo_episode(
    source: tuple[str, ...],
    train: Rows,
    *,
    k_shot: int,
    fraction: float,
    rng: np.random.Generator,
) -> PseudoEpisode:
    """Draw one pseudo-episode; nothing but support and `test_target` depends on K.

    A pseudo-target class that has no more than K rows keeps one back as test row, and so has a
    smaller support: without it the class could not be scored.

    Args:
        source: the source classes.
        train: the source training rows.
        k_shot: K, support rows per pseudo-target class.
        fraction: share of the source classes that play target (at least 2, but not all).
        rng: draws the classes and the rows.

    Raises:
        UserError: every row has a pseudo-target label.
    """
    labels = dict(zip(train.ids, train.labels, strict=True))
    target = draw_target(source, fraction, leave=1, rng=rng)
    order = shuffled(train.ids, rng)

    pools = rows_per_class(order, labels, target)
    kept_back = {pool[-1] for pool in pools.values()}
    support = draw_support(
        {name: [row for row in pool if row not in kept_back] for name, pool in pools.items()},
        k_shot,
    )

    source_rows = without_classes(labels, target)
    if not source_rows:
        raise UserError(
            "every source training row has a label that plays target in a pseudo-episode; lower "
            "episode.pseudo_fraction or change seed"
        )
    test = _hold_out([row for row in order if row in source_rows], source_rows)
    task = Task(
        source=tuple(sorted({name for names in source_rows.values() for name in names})),
        target=tuple(sorted(target)),
        train=named((row for row in source_rows if row not in test), labels),
        support=named(support, labels),
    )
    unseen = (row for row in labels if row not in source_rows and row not in support)
    heldout = HeldOut(
        test_source=named((row for row in source_rows if row in test), labels),
        test_target=named(unseen, labels),
    )
    return PseudoEpisode(task, heldout)


def _hold_out(order: list[str], labels: Labels) -> set[str]:
    """About 40% of the rows of each class; every class keeps its first row."""
    classes = {name for row in order for name in labels[row]}
    pools = sorted(rows_per_class(order, labels, classes).values(), key=len)
    kept = {pool[0] for pool in pools}
    test: set[str] = set()
    for pool in pools:
        missing = round(TEST_FRACTION * len(pool)) - sum(row in test for row in pool)
        free = [row for row in pool if row not in test and row not in kept]
        test.update(free[: max(0, missing)])
    return test
