"""Claims over seeds: intervals of a mean, paired tests, and many of them at once."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

_MOST_PAIRS = 24
"""2**23 sums of differences: 64 MiB."""


def t_interval(values: ArrayLike) -> tuple[float, float]:
    """Mean and half-width of its 95% t-interval.

    Args:
        values: (S,) one value per seed.

    Raises:
        ValueError: fewer than two values.
    """
    sample = np.asarray(values, dtype=np.float64)
    if len(sample) < 2:
        raise ValueError("an interval over seeds needs at least two of them")
    standard_error = sample.std(ddof=1) / np.sqrt(len(sample))
    return float(sample.mean()), float(stats.t.ppf(0.975, len(sample) - 1) * standard_error)


def sign_flip_p(differences: ArrayLike) -> float:
    """Exact two-sided p-value of the paired sign-flip test.

    The share of all sign patterns under which the mean difference is at least as far from 0 as
    the one observed. With S pairs it cannot be below 2 / 2**S.

    Args:
        differences: (S,) one difference per seed.

    Raises:
        ValueError: no difference, or more than 24.
    """
    pairs = np.asarray(differences, dtype=np.float64)
    if not 1 <= len(pairs) <= _MOST_PAIRS:
        raise ValueError(f"the exact test takes 1 to {_MOST_PAIRS} pairs, not {len(pairs)}")
    sums = pairs[:1]  # the mirrored half of the patterns has the same distances from 0
    for difference in pairs[1:]:
        sums = np.concatenate([sums + difference, sums - difference])
    rounding = 1e-12 * np.abs(pairs).sum()
    return float(np.mean(np.abs(sums) >= np.abs(pairs.sum()) - rounding))


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Holm's step-down adjustment for M tests: reject where the result is below the level.

    Args:
        p_values: (M,).

    Returns:
        (M,) adjusted p-values, in the order given.
    """
    raw = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(raw, kind="stable")
    stepped = raw[order] * np.arange(len(raw), 0, -1)
    adjusted = np.empty_like(raw)
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return adjusted
