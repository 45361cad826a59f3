"""What a random ranking scores."""

import numpy as np
from numpy.typing import NDArray

from xshot.retrieval.ties import expected_precision


def chance_ap(n_relevant: NDArray[np.int64], n_items: int) -> NDArray[np.float64]:
    """Exact expected average precision of a uniformly random ranking: all items tie.

    Args:
        n_relevant: (Q,) relevant items per query.
        n_items: size of the gallery.

    Returns:
        (Q,) expectations; 0 for a query without a relevant item.
    """
    nothing = np.zeros_like(n_relevant)
    expected = expected_precision(nothing, nothing, np.full_like(n_relevant, n_items), n_relevant)
    return np.where(n_relevant > 0, expected, 0.0)
