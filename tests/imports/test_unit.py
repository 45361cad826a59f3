import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xshot.errors import UserError
from xshot.imports.unit import unit_rows


@given(st.integers(0, 999), st.floats(1e-3, 1e3))
def test_rows_of_any_norm_point_where_they_pointed(seed, scale):
    rows = scale * np.random.default_rng(seed).normal(size=(4, 9))
    unit = unit_rows(rows, "rows", [])
    assert unit.dtype == np.float32
    np.testing.assert_allclose(unit, rows / np.linalg.norm(rows, axis=1, keepdims=True), atol=1e-6)


@given(st.integers(0, 999))
def test_rows_that_have_unit_norm_keep_their_bits(seed):
    """However float32 has rounded them: what is scaled twice is what is scaled once."""
    rows = np.random.default_rng(seed).normal(size=(4, 512)).astype(np.float32)
    once = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    assert unit_rows(once, "rows", []).tobytes() == once.tobytes()
    again = unit_rows(unit_rows(rows, "rows", []), "rows", notices := [])
    assert again.tobytes() == unit_rows(rows, "rows", []).tobytes()
    assert notices == []


def test_what_was_scaled_is_told():
    unit_rows(np.array([[3.0, 4.0], [1.0, 0.0]]), "rows", notices := [])
    assert notices == ["rows: 1 of 2 rows scaled to unit norm"]


@pytest.mark.parametrize("bad", [0.0, np.nan, np.inf])
def test_rows_without_a_direction_are_refused(bad):
    with pytest.raises(UserError, match="rows: row 2 is zero or not finite"):
        unit_rows(np.array([[1.0, 0.0], [bad, 0.0]]), "rows", [])
