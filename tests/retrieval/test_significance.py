from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from xshot.retrieval.significance import holm, sign_flip_p, t_interval

differences = st.lists(st.integers(-5, 5).map(lambda n: n / 10), min_size=1, max_size=8)


def test_t_interval_equals_scipy():
    values = np.random.default_rng(0).random(10)
    mean, half = t_interval(values)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (mean - half, mean + half) == pytest.approx((expected.low, expected.high))


def test_t_interval_of_equal_values_is_a_point():
    assert t_interval([0.5, 0.5, 0.5]) == (0.5, 0.0)


@pytest.mark.parametrize("values", [[], [0.5]])
def test_t_interval_needs_two_values(values):
    with pytest.raises(ValueError, match="at least two"):
        t_interval(values)


@given(differences)
def test_sign_flip_equals_enumeration(values):
    observed = abs(sum(values))
    patterns = [
        abs(sum(sign * value for sign, value in zip(signs, values, strict=True)))
        for signs in product([1, -1], repeat=len(values))
    ]
    expected = np.mean([flipped >= observed - 1e-9 for flipped in patterns])
    assert sign_flip_p(values) == pytest.approx(expected)


def test_sign_flip_equals_scipy():
    values = np.random.default_rng(0).normal(0.3, 1, size=10)
    expected = stats.permutation_test(
        (values,), np.sum, permutation_type="samples", n_resamples=np.inf
    )
    assert sign_flip_p(values) == pytest.approx(expected.pvalue)


def test_ten_wins_of_ten():
    assert sign_flip_p(np.arange(1, 11)) == 2 / 2**10


@pytest.mark.parametrize("n_pairs", [0, 25])
def test_sign_flip_refuses_what_it_cannot_enumerate(n_pairs):
    with pytest.raises(ValueError, match="1 to 24 pairs"):
        sign_flip_p(np.ones(n_pairs))


def test_holm_by_hand():
    """Sorted 0.01, 0.02, 0.03, 0.04 times 4, 3, 2, 1: the last two are held up to 0.06."""
    np.testing.assert_allclose(holm([0.04, 0.01, 0.03, 0.02]), [0.06, 0.04, 0.06, 0.06])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.floats(0.001, 0.999))
def test_holm_rejects_what_the_step_down_procedure_rejects(p_values, level):
    rejected = set()
    for step, index in enumerate(np.argsort(p_values, kind="stable")):
        if p_values[index] * (len(p_values) - step) > level:
            break
        rejected.add(int(index))
    assert set(np.flatnonzero(holm(p_values) <= level).tolist()) == rejected


def test_holm_of_nothing():
    assert holm([]).shape == (0,)
