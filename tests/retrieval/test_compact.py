"""Compact rows answer as the matrix does that they stand for, in less memory."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from xshot.retrieval.compact import CompactRows
from xshot.retrieval.search import top_k

WHOLE = st.sampled_from([0, 0, 0, 1, 2, -1]).map(np.float32)


@given(st.data(), st.integers(1, 12), st.integers(1, 5))
def test_answers_are_those_of_the_matrix(data, k, block_rows):
    """Small whole numbers: every inner product is exact, and many of them tie."""
    queries, items = (
        data.draw(nps.arrays(np.float32, (data.draw(st.integers(1, n)), 6), elements=WHOLE))
        for n in (4, 9)
    )
    blocks = (items[start : start + block_rows] for start in range(0, len(items), block_rows))
    compact = CompactRows.of(blocks, 2)
    assert len(compact) == len(items)
    for ours, matrix in zip(top_k(queries, compact, k), top_k(queries, items, k), strict=True):
        np.testing.assert_array_equal(ours, matrix)


@pytest.mark.parametrize("count", [1, 64])
def test_few_classes_of_many_take_little(count):
    rng = np.random.default_rng(0)
    items = np.zeros((300, 8 + 1000), np.float32)
    items[:, :8] = rng.standard_normal((300, 8))
    for row in items:
        row[8 + rng.choice(1000, 5, replace=False)] = rng.random(5)
    compact = CompactRows.of([items[:200], items[200:]], 8)
    assert compact.nbytes < items.nbytes / 20
    places, scores = top_k(items[:count], compact, 9)
    exact = items[:count].astype(np.float64) @ items.T.astype(np.float64)
    np.testing.assert_array_equal(places, np.argsort(-exact, axis=1)[:, :9])
    np.testing.assert_allclose(scores, -np.sort(-exact, axis=1)[:, :9], atol=1e-5)
