"""What a random ranking scores."""

import numpy as np
from numpy.typing import NDArray


def chance_ap(n_relevant: NDArray[np.int64], n_items: int) -> NDArray[np.float64]:
    """Exact expected average precision of a uniformly random ranking.

    With R relevant among N items, a rank r holds a relevant item with probability R/N, and an
    earlier rank then holds another with probability (R-1)/(N-1). Summed over r, with H the N-th
    harmonic number: (H + (N - H) (R-1)/(N-1)) / N.

    Args:
        n_relevant: (Q,) relevant items per query.
        n_items: size of the gallery.

    Returns:
        (Q,) expectations; 0 for a query without a relevant item.
    """
    harmonic = float((1.0 / np.arange(1, n_items + 1)).sum())
    others = (n_relevant - 1) / max(n_items - 1, 1)
    expected = (harmonic + (n_items - harmonic) * others) / max(n_items, 1)
    return np.where(n_relevant > 0, expected, 0.0)
