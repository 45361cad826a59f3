"""Which rows of features are the same picture or the same text: their features are the same."""

import numpy as np
from numpy.typing import NDArray

from xshot.episode.training_set import Matrix


def item_numbers(features: Matrix) -> NDArray[np.int64]:
    """Number the distinct rows of (N, D) features in order of appearance: (N,), from 0.

    Equal items are told by equal bytes. Features that were made of one text are: a row's bytes
    depend on that row alone.
    """
    rows = np.ascontiguousarray(features + np.float32(0))  # -0.0 becomes 0.0
    keys = rows.view(np.dtype((np.void, rows.itemsize * rows.shape[1])))[:, 0]
    _, first, number = np.unique(keys, return_index=True, return_inverse=True)
    in_order = np.empty(len(first), np.int64)
    in_order[np.argsort(first)] = np.arange(len(first))
    return in_order[number]


def distinct_rows(features: Matrix) -> Matrix:
    """The distinct rows of (N, D) features, in order of appearance."""
    kept: Matrix = features[np.unique(item_numbers(features), return_index=True)[1]]
    return kept
