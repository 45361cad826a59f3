"""Episodes among the source classes, on which settings are chosen without target labels.

Some source classes play target, with a K-shot support of their own; the others stay source, with
part of their pictures held out. All rows are source training rows. Draws go by picture: all rows of
one, and of those that equal it byte for byte, have their place together.
"""

from collections.abc import Callable, Sequence

import numpy as np

from xshot.episode.episode import HeldOut, PseudoEpisode, Rows, Task
from xshot.episode.labels import (
    Labels,
    by_picture,
    draw_target,
    named,
    rows_per_class,
    shuffled,
    without_classes,
)
from xshot.episode.support import draw_support, support_rows
from xshot.errors import UserError

TEST_FRACTION = 0.4


def draw_pseudo_episode(
    source: tuple[str, ...],
    train: Rows,
    *,
    k_shot: int | Sequence[int],
    fraction: float,
    rng: np.random.Generator,
) -> PseudoEpisode:
    """Draw one pseudo-episode; nothing but support and `test_target` depends on K.

    A pseudo-target class that has no more than K pictures keeps one back to test on, and so has a
    smaller support: without it the class could not be scored.

    Args:
        source: the source classes.
        train: the source training rows.
        k_shot: K, support pictures per pseudo-target class; or the sizes that the target classes'
            supports have, which the pseudo-target classes take in random order.
        fraction: share of the source classes that play target (at least 2, but not all).
        rng: draws the classes and the rows.

    Raises:
        UserError: every row has a pseudo-target label.
    """
    rows = dict(zip(train.ids, train.labels, strict=True))
    picture_of = dict(zip(train.ids, train.pictures, strict=True))
    labels = by_picture(rows, picture_of)
    target = draw_target(source, fraction, leave=1, rng=rng)
    order = shuffled(list(labels), rng)

    pools = rows_per_class(order, labels, target)
    kept_back = {pool[-1] for pool in pools.values()}
    support = draw_support(
        {name: [each for each in pool if each not in kept_back] for name, pool in pools.items()},
        k_shot if isinstance(k_shot, int) else _sizes(sorted(target), k_shot, rng),
    )

    source_labels = without_classes(labels, target)
    if not source_labels:
        raise UserError(
            "every source training row has a label that plays target in a pseudo-episode; lower "
            "episode.pseudo_fraction or change seed"
        )
    test = _hold_out([each for each in order if each in source_labels], source_labels)
    task = Task(
        source=tuple(sorted({name for names in source_labels.values() for name in names})),
        target=tuple(sorted(target)),
        train=_named(train, lambda picture: picture in source_labels and picture not in test),
        support=named(support_rows(support, rows, picture_of), rows, picture_of),
    )
    unseen = _named(train, lambda picture: picture not in source_labels and picture not in support)
    heldout = HeldOut(
        test_source=_named(train, lambda picture: picture in test),
        # The same bytes may stand there under labels that play no target.
        test_target=unseen.take(
            row for row, names in enumerate(unseen.labels) if not target.isdisjoint(names)
        ),
    )
    return PseudoEpisode(task, heldout)


def _sizes(target: Sequence[str], sizes: Sequence[int], rng: np.random.Generator) -> dict[str, int]:
    """A size for each class: all of `sizes` equally often, as far as that goes."""
    rounds = -(-len(target) // len(sizes))
    drawn = np.concatenate([rng.permutation(sizes) for _ in range(rounds)])
    return dict(zip(target, drawn.tolist(), strict=False))


def _named(train: Rows, wanted: Callable[[str], bool]) -> Rows:
    """The rows whose picture is wanted."""
    return train.take(row for row, picture in enumerate(train.pictures) if wanted(picture))


def _hold_out(order: list[str], labels: Labels) -> set[str]:
    """About 40% of the pictures of each class; every class keeps its first."""
    classes = {name for row in order for name in labels[row]}
    pools = sorted(rows_per_class(order, labels, classes).values(), key=len)
    kept = {pool[0] for pool in pools}
    test: set[str] = set()
    for pool in pools:
        missing = round(TEST_FRACTION * len(pool)) - sum(row in test for row in pool)
        free = [row for row in pool if row not in test and row not in kept]
        test.update(free[: max(0, missing)])
    return test
