"""Equal scores without favour: expectations over the orders of what ties, each as likely.

Closed forms for tied scores follow McSherry & Najork, "Computing information retrieval performance
measures efficiently in the presence of tied scores" (ECIR 2008). Ties of relevant items alone, or
of others alone, rank alike in every order and need none of it.
"""

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ties:
    """T groups of equal scores that hold both relevant items and others, query by query.

    Attributes:
        query: (T,) whose ranking.
        first: (T,) where the group's first relevant item stands among all relevant ranks.
        before: (T,) items ranked above the group.
        size: (T,) items of the group.
        found: (T,) relevant items ranked above the group.
        relevant: (T,) relevant items of the group.
    """

    query: Ints
    first: Ints
    before: Ints
    size: Ints
    found: Ints
    relevant: Ints

    def __len__(self) -> int:
        return len(self.query)

    def __getitem__(self, which: slice | NDArray[np.bool_] | Ints) -> "Ties":
        return Ties(**{name: values[which] for name, values in vars(self).items()})

    @property
    def entries(self) -> Ints:
        """(relevant.sum(),) where their relevant items stand among all relevant ranks."""
        within = np.arange(self.relevant.sum())
        within -= np.repeat(np.cumsum(self.relevant) - self.relevant, self.relevant)
        return np.repeat(self.first, self.relevant) + within


_NOTHING = np.zeros(0, dtype=np.int64)
NO_TIES = Ties(*[_NOTHING] * 6)


def find_ties(keys: Ints, standing: Ints, n_relevant: Ints) -> Ties:
    """The ties that matter in B rankings of G items.

    Args:
        keys: (B, G) sorted keys of `sort_keys`, their lowest bit an item's relevance.
        standing: (n_relevant.sum(),) places of the relevant items in the flattened keys.
        n_relevant: (B,) relevant items per query.
    """
    flat, n_items = keys.ravel(), keys.shape[1]
    beside = standing[_beside_another(flat, standing)]
    if not len(beside):
        return NO_TIES
    query, cost = beside // n_items, flat[beside] >> 32
    once = np.ones(len(beside), dtype=np.bool_)
    once[1:] = (query[1:] != query[:-1]) | (cost[1:] != cost[:-1])
    query, cost = query[once], cost[once]
    begin, end = _first_from(keys, query, np.stack([cost, cost + 1]))
    first, last = np.searchsorted(standing, (query * n_items + begin, query * n_items + end))
    found = first - (np.cumsum(n_relevant) - n_relevant)[query]
    ties = Ties(query, first, begin, end - begin, found, last - first)
    return ties[ties.relevant < ties.size]


def _beside_another(flat: Ints, standing: Ints) -> NDArray[np.bool_]:
    """Whether a relevant item stands beside an equal score that is not relevant.

    Across the ends of two rankings it may seem so; `find_ties` then finds no group.
    """
    own, beside = flat[standing], np.zeros(len(standing), dtype=np.bool_)
    for step in (-1, 1):
        differs = own ^ flat.take(standing + step, mode="clip")
        beside |= (differs >> 32 == 0) & (differs & 1 == 1)
    return beside


def _first_from(keys: Ints, query: Ints, least: Ints) -> Ints:
    """How many items of the sorted keys of each (T,) query cost less than `least`, (..., T)."""
    low, high = np.zeros_like(least), np.full_like(least, keys.shape[1])
    for _ in range(keys.shape[1].bit_length()):  # bisection; ranges that are empty stay so
        middle = (low + high) // 2
        less = (keys[query, np.minimum(middle, keys.shape[1] - 1)] >> 32 < least) & (low < high)
        low = np.where(less, middle + 1, low)
        high = np.where(less, high, middle)
    return low


def expected_precision(before: Ints, found: Ints, size: Ints, relevant: Ints) -> Floats:
    """Expected mean of the precision at the ranks of a group's relevant items.

    At the j-th of m places stands one of r relevant items with probability r/m, and each of the
    j - 1 places above then holds another with (r-1)/(m-1). Summed over j, with
    H = 1/(b+1) + ... + 1/(b+m) for b items above, f of them relevant:
    ((f+1) H + (r-1)/(m-1) (m - (b+1) H)) / m. Arguments as in `Ties`, of any shape.
    """
    to = np.arange((before + size).max(initial=0) + 1)
    harmonic = np.cumsum(1 / np.maximum(to, 1)) - 1  # from 0 = the sum over nothing
    total = harmonic[before + size] - harmonic[before]
    others = (relevant - 1) / np.maximum(size - 1, 1)
    sums = (found + 1) * total + others * (size - (before + 1) * total)
    return np.asarray(sums / np.maximum(size, 1), dtype=np.float64)


def expected_ap_at(top: int, ties: Ties, above: Floats) -> Floats:
    """(T,) expected AP@`top` where rank `top` falls within a group of ties.

    The k relevant items at the group's places within the top are hypergeometric, and stand there
    in any order; the sum of precisions is divided by all that are found.

    Args:
        top: the R of AP@R.
        ties: groups that begin above this rank and end below it.
        above: (T,) expected sum of the precisions at the relevant items above the group.
    """
    size, relevant, found = ties.size[:, None], ties.relevant[:, None], ties.found[:, None]
    places = top - ties.before[:, None]
    k = np.arange(top + 1)
    possible = (k <= np.minimum(places, relevant)) & (places - k <= size - relevant)
    k = np.where(possible, k, np.minimum(places, relevant))
    ways = _log_choose(relevant, k) + _log_choose(size - relevant, places - k)
    share = np.where(possible, np.exp(ways - _log_choose(size, places)), 0.0)
    sums = above[:, None] + k * expected_precision(ties.before[:, None], found, places, k)
    return np.asarray((share * sums / np.maximum(found + k, 1)).sum(axis=1), dtype=np.float64)


def chance_within(top: int, ties: Ties) -> Floats:
    """(T,) probability that a relevant item of the group ranks within the top."""
    places = np.clip(top - ties.before, 0, ties.size)[:, None]
    drawn = np.arange(top)
    others, left = (ties.size - ties.relevant)[:, None] - drawn, ties.size[:, None] - drawn
    misses = np.maximum(others, 0) / np.maximum(left, 1)
    return np.asarray(1 - np.where(drawn < places, misses, 1.0).prod(axis=1), dtype=np.float64)


def relevant_orders(ties: Ties, *, most: int) -> Ints:
    """Ranks of the relevant items of one query's ties in every order: (S, relevant.sum()).

    With more than `most` different orders, as many drawn ones; always the same for the same ties.
    """
    count = 1
    for size, relevant in zip(ties.size.tolist(), ties.relevant.tolist(), strict=True):
        count *= comb(size, relevant)
        if count > most:
            return _drawn_orders(ties, most)
    of_group = [
        np.array(list(combinations(range(before + 1, before + size + 1), relevant)))
        for before, size, relevant in zip(ties.before, ties.size, ties.relevant, strict=True)
    ]
    which = np.indices([len(orders) for orders in of_group]).reshape(len(ties), -1)
    chosen = [orders[one] for orders, one in zip(of_group, which, strict=True)]
    return np.concatenate(chosen, axis=1)


def _drawn_orders(ties: Ties, count: int) -> Ints:
    group = np.repeat(np.arange(len(ties)), ties.size)
    within = np.arange(len(group)) - np.repeat(np.cumsum(ties.size) - ties.size, ties.size)
    is_relevant = within < ties.relevant[group]
    rng = np.random.default_rng([*ties.before.tolist(), *ties.relevant.tolist()])
    order = np.argsort(group + rng.random((count, len(group))), axis=1)
    _, place = np.nonzero(is_relevant[order])
    return (ties.before[group] + 1 + within)[place].reshape(count, -1)


def _log_choose(n: Ints, k: Ints) -> Floats:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1), dtype=np.float64)
