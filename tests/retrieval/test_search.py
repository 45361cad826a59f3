import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from tests.retrieval.oracles import unit_rows
from xshot.retrieval.search import top_k


@given(st.data(), st.integers(0, 12), st.integers(1, 50), st.integers(1, 10))
def test_equals_a_stable_sort(data, k, block_scores, block_items):
    """Small whole numbers: every inner product is exact, and many of them tie."""
    whole = st.integers(-2, 2).map(np.float32)
    shapes = [(data.draw(st.integers(0, n)), 2) for n in (4, 9)]
    queries, items = (data.draw(nps.arrays(np.float32, shape, elements=whole)) for shape in shapes)
    places, scores = top_k(queries, items, k, block_scores=block_scores, block_items=block_items)
    all_scores = queries @ items.T
    expected = np.argsort(-all_scores, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(places, expected)
    np.testing.assert_array_equal(scores, np.take_along_axis(all_scores, expected, axis=1))


def test_equals_a_full_sort_of_real_valued_scores():
    rng = np.random.default_rng(0)
    queries, items = (unit_rows(rng.standard_normal((n, 16))) for n in (5, 3000))
    before = queries.copy(), items.copy()
    places, scores = top_k(queries, items, 700, block_scores=1000, block_items=500)
    exact = queries.astype(np.float64) @ items.T.astype(np.float64)
    np.testing.assert_array_equal(places, np.argsort(-exact, axis=1)[:, :700])
    np.testing.assert_allclose(scores, -np.sort(-exact, axis=1)[:, :700], atol=1e-6)
    np.testing.assert_array_equal(queries, before[0])
    np.testing.assert_array_equal(items, before[1])


@pytest.mark.parametrize("k", [3, 99])
def test_asking_for_more_than_there_is(k):
    places, _ = top_k(np.ones((1, 2), np.float32), np.ones((3, 2), np.float32), k)
    assert places.tolist() == [[0, 1, 2]]


def test_memory_does_not_grow_with_the_gallery():
    query, peaks = np.ones((1, 8), np.float32), []
    for size in (2**17, 2**20):
        items = np.ones((size, 8), np.float32)
        tracemalloc.start()
        top_k(query, items, 10)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0] < items.nbytes
