import numpy as np
import pytest
from scipy.stats import bootstrap

import xshot.retrieval.intervals as intervals
from xshot.retrieval.intervals import bootstrap_means, half_widths


def naive_means(values, counted, *, resamples, seed):
    rng = np.random.default_rng(seed)
    means = []
    for _ in range(resamples):
        drawn = rng.integers(len(values), size=len(values))
        means.append(
            [
                np.mean(column[drawn][keep[drawn]]) if keep[drawn].any() else 0.0
                for column, keep in zip(values.T, counted.T, strict=True)
            ]
        )
    return np.array(means)


@pytest.mark.parametrize("chunk", [1, 64, 2**22])
def test_equals_naive_resampling_of_the_same_rows(monkeypatch, chunk):
    monkeypatch.setattr(intervals, "_CHUNK_COUNTS", chunk)
    rng = np.random.default_rng(0)
    values = rng.random((13, 4))
    counted = rng.random((13, 4)) < [1.0, 0.7, 0.2, 0.0]
    means = bootstrap_means(values, counted, resamples=50, rng=np.random.default_rng(5))
    expected = naive_means(values, counted, resamples=50, seed=5)
    np.testing.assert_allclose(means, expected, rtol=1e-12)


def test_half_width_equals_scipy():
    """Both draw `integers(0, N, (B, N))`, so that the same seed gives the same resamples."""
    values = np.random.default_rng(1).random((40, 1))
    means = bootstrap_means(
        values, np.ones((40, 1), bool), resamples=300, rng=np.random.default_rng(2)
    )
    low, high = bootstrap(
        (values[:, 0],),
        np.mean,
        n_resamples=300,
        method="percentile",
        rng=np.random.default_rng(2),
    ).confidence_interval
    assert half_widths(means)[0] == pytest.approx((high - low) / 2, rel=1e-12)


def test_half_width_nears_the_normal_interval():
    values = np.random.default_rng(3).standard_normal((400, 1))
    means = bootstrap_means(
        values, np.ones((400, 1), bool), resamples=4000, rng=np.random.default_rng(4)
    )
    assert half_widths(means)[0] == pytest.approx(1.96 * values.std() / 20, rel=0.05)


def test_columns_share_one_draw():
    values = np.random.default_rng(0).random((20, 1))
    means = bootstrap_means(
        np.concatenate([values, values + 1], axis=1),
        np.ones((20, 2), bool),
        resamples=100,
        rng=np.random.default_rng(0),
    )
    np.testing.assert_allclose(means[:, 1] - means[:, 0], 1)


@pytest.mark.parametrize("n_rows", [0, 3])
def test_nothing_counted_is_0(n_rows):
    means = bootstrap_means(
        np.full((n_rows, 2), np.nan),
        np.zeros((n_rows, 2), bool),
        resamples=10,
        rng=np.random.default_rng(0),
    )
    np.testing.assert_array_equal(means, np.zeros((10, 2)))
