"""The fixed train/test split of datasets that bring none."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from xshot.seeds import numpy_stream


def draw_split(
    items: Sequence[str],
    labels: Sequence[tuple[str, ...]],
    *,
    seed: int,
    test_fraction: float,
    min_test: int,
    known: Mapping[str, str] | None = None,
) -> list[str]:
    """Draw `train` or `test` for each row, class by class.

    Of each class `test_fraction` of the items, and at least `min_test` (all, if it has no more),
    are test. Rows of one item go together: a picture with several texts is never in both parts.
    The draw depends neither on the order of the rows nor on other classes' items. With several
    labels an item is drawn for its rarest class; a more frequent class then draws what it still
    lacks. Items whose side is known keep it, and the rest are drawn around them: a data set may
    grow.

    Args:
        items: what is drawn, one per row; a picture's path.
        labels: the classes of each row.
        seed: `data.split_seed`.
        test_fraction: share of a class that is test.
        min_test: test items of a class, at least.
        known: item -> `train` or `test`, of those that were drawn before.
    """
    known = known or {}
    members: dict[str, set[str]] = defaultdict(set)
    for item, classes in zip(items, labels, strict=True):
        for name in classes:
            members[name].add(item)
    decided = set(known)
    test = {item for item, split in known.items() if split == "test"}
    for name in sorted(members, key=lambda name: (len(members[name]), name)):
        pool = members[name]
        random = numpy_stream(seed, f"split {name}")
        least = min(min_test, len(pool))
        wanted = max(least, round(test_fraction * len(pool)))
        test |= _draw(pool - decided, wanted - len(pool & test), random)
        test |= _draw(pool - test - known.keys(), least - len(pool & test), random)
        decided |= pool
    return ["test" if item in test else "train" for item in items]


def _draw(pool: set[str], count: int, random: np.random.Generator) -> set[str]:
    ordered = sorted(pool)
    count = min(max(count, 0), len(ordered))
    return {ordered[i] for i in random.choice(len(ordered), size=count, replace=False)}
