"""Which rows the K shots of each target class are."""

from collections.abc import Mapping


def draw_support(pools: Mapping[str, list[str]], k_shot: int) -> dict[str, str]:
    """Draw K rows per class, each of which counts for one class only.

    Shots are dealt in rounds: in every round each class, rarest first, takes its next free row. So
    a row counts for the rarest of its classes that still lacks one, and the support of K is the
    beginning of the support of K + 1. Among its rows a class takes those first whose rarest class
    is the most common: what it takes is what rarer classes miss least. With one label per row this
    is the first K rows of every pool.

    Args:
        pools: rows of each class, shuffled.
        k_shot: K, rounds to deal.

    Returns:
        Row -> the class it counts for, in the order dealt. A class that runs out of rows has fewer
        than K.
    """
    rarest_first = sorted(pools, key=lambda name: (len(pools[name]), name))
    rarest_class: dict[str, int] = {}
    for rank, name in enumerate(rarest_first):
        for row in pools[name]:
            rarest_class.setdefault(row, rank)
    queues = {
        name: iter(sorted(pool, key=rarest_class.__getitem__, reverse=True))
        for name, pool in pools.items()
    }
    support: dict[str, str] = {}
    for _ in range(k_shot):
        for name in rarest_first:
            free = next((row for row in queues[name] if row not in support), None)
            if free is not None:
                support[free] = name
    return support
