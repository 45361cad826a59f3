"""Which pictures the K shots of each target class are."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from xshot.episode.labels import Labels
from xshot.variants import KShot


def draw_support(
    pools: Mapping[str, list[str]], k_shot: KShot | Mapping[str, int]
) -> dict[str, str]:
    """Draw K pictures per class, each of which counts for one class only.

    Shots are dealt in rounds: in every round each class, rarest first, takes its next free one. So
    a picture counts for the rarest of its classes that still lacks one, and the support of K is the
    beginning of the support of K + 1. Among its pictures a class takes those first whose rarest
    class is the most common: what it takes is what rarer classes miss least. With one label each
    this is the first K of every pool.

    Args:
        pools: pictures of each class, shuffled.
        k_shot: K, rounds to deal; of each class a number of its own, or `all`.

    Returns:
        Picture -> the class it counts for, in the order dealt. A class that runs out of pictures
        has fewer than K.
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
    rounds = {
        name: len(pool) if k_shot == "all" else k_shot if isinstance(k_shot, int) else k_shot[name]
        for name, pool in pools.items()
    }
    return deal({name: queues[name] for name in rarest_first}, rounds)


def deal(queues: Mapping[str, Iterator[str]], rounds: Mapping[str, int]) -> dict[str, str]:
    """In every round each class, in the order of `queues`, takes its next free picture.

    Args:
        queues: pictures of each class, asked for no earlier than needed.
        rounds: how many pictures each class takes.

    Returns:
        As `draw_support`.
    """
    support: dict[str, str] = {}
    for dealt in range(max(rounds.values(), default=0)):
        for name, queue in queues.items():
            if dealt >= rounds[name]:
                continue
            free = next((row for row in queue if row not in support), None)
            if free is not None:
                support[free] = name
    return support


def support_rows(
    support: Mapping[str, str], rows: Labels, picture_of: Mapping[str, str]
) -> list[str]:
    """The rows of the drawn pictures: the first of each, in the order dealt, then the rest.

    Of a picture those rows count that carry the class which the picture counts for: under other
    labels (a twin) the same bytes are another matter.

    Args:
        support: as `draw_support` gives it.
        rows: labels of all rows that may be taken.
        picture_of: row -> picture.
    """
    of_picture: dict[str, list[str]] = defaultdict(list)
    for row, labels in rows.items():
        if support.get(picture := picture_of[row]) in labels:
            of_picture[picture].append(row)
    firsts = [of_picture[picture][0] for picture in support]
    return firsts + [row for picture in support for row in of_picture[picture][1:]]
