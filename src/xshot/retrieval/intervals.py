"""Bootstrap intervals over test pictures."""

import numpy as np
from numpy.typing import NDArray

from xshot.progress import progress

_CHUNK_COUNTS = 2**21
"""Counts held at a time (16 MiB): many, since every product waits for all of BLAS's threads."""


def bootstrap_means(
    values: NDArray[np.float64],
    counted: NDArray[np.bool_] | NDArray[np.float64],
    *,
    resamples: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Means of the columns of `values` over resampled rows, one draw for all columns.

    A resample is N row indices, `rng.integers(N, size=N)`. Only how often each row occurs matters
    for a mean, so that all means of all resamples are one matrix product.

    Args:
        values: (N, K) one row per test picture, one column per quantity.
        counted: (N, K) whether a value takes part in its column's mean; or how many values it is
            the sum of.
        resamples: number B of resamples.
        rng: the source of randomness.

    Returns:
        (B, K) means; 0 where a resample holds no counted value.
    """
    n_rows, n_columns = values.shape
    sums_and_sizes = np.concatenate([np.where(counted, values, 0.0), counted], axis=1)
    means = np.zeros((resamples, n_columns))
    chunk = max(1, _CHUNK_COUNTS // max(n_rows, 1))
    starts = range(0, resamples, chunk)
    for start in progress(starts, total=len(starts), unit="block", label="intervals"):
        rows = min(chunk, resamples - start)
        drawn = rng.integers(n_rows, size=(rows, n_rows)) if n_rows else np.zeros((rows, 0), int)
        totals = _row_counts(drawn) @ sums_and_sizes
        sums, sizes = totals[:, :n_columns], totals[:, n_columns:]
        np.divide(sums, sizes, out=means[start : start + rows], where=sizes > 0)
    return means


def half_widths(replicates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Half the width of the 95% percentile intervals of (B, K) bootstrap replicates: (K,)."""
    low, high = np.percentile(replicates, [2.5, 97.5], axis=0)
    return np.asarray((high - low) / 2, dtype=np.float64)


def _row_counts(drawn: NDArray[np.int64]) -> NDArray[np.float64]:
    """How often each of N rows occurs in each of B draws of N indices: (B, N)."""
    n_draws, n_rows = drawn.shape
    flat = drawn + np.arange(n_draws)[:, None] * n_rows
    counts = np.bincount(flat.ravel(), minlength=n_draws * n_rows)
    return counts.reshape(n_draws, n_rows).astype(np.float64)
