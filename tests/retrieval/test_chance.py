from itertools import combinations

import numpy as np
import pytest

from tests.retrieval.oracles import average_precision
from xshot.retrieval.chance import chance_ap


@pytest.mark.parametrize(("n_items", "n_relevant"), [(1, 1), (5, 1), (5, 5), (8, 3)])
def test_chance_is_the_mean_over_all_rankings(n_items, n_relevant):
    rankings = [
        [rank in places for rank in range(n_items)]
        for places in combinations(range(n_items), n_relevant)
    ]
    expected = np.mean([average_precision(ranking) for ranking in rankings])
    assert chance_ap(np.array([n_relevant]), n_items)[0] == pytest.approx(expected)


def test_nothing_relevant_or_nothing_at_all():
    np.testing.assert_array_equal(chance_ap(np.array([0, 0]), 4), [0, 0])
    np.testing.assert_array_equal(chance_ap(np.array([0]), 0), [0])
