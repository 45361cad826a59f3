import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from xshot.distinct import find_distinct, map_distinct

few_values = st.sampled_from([0.0, -0.0, 1.0, 2.0]).map(np.float32)
matrices = st.tuples(st.integers(0, 8), st.integers(1, 4)).flatmap(
    lambda shape: nps.arrays(np.float32, shape, elements=few_values)
)


@given(matrices)
def test_distinct_rows_are_those_of_numpy(rows):
    distinct = find_distinct(rows)
    _, first = np.unique(rows + 0.0, axis=0, return_index=True)
    np.testing.assert_array_equal(distinct.places, np.sort(first))
    if distinct.index is None:
        assert len(first) == len(rows)
    else:
        np.testing.assert_array_equal(rows[distinct.places][distinct.index], rows)


@given(matrices)
def test_a_function_of_rows_sees_each_once(rows):
    seen = []

    def double(given):
        seen.append(len(given))
        return given * 2

    np.testing.assert_array_equal(map_distinct(double, rows), rows * 2)
    assert seen == [len(find_distinct(rows).places)]


def test_rows_that_begin_alike_are_told_apart():
    rows = np.array([[1, 2, 3], [1, 2, 4], [1, 2, 3]], np.float32)
    distinct = find_distinct(rows)
    assert distinct.places.tolist() == [0, 1]
    assert distinct.index.tolist() == [0, 1, 0]
