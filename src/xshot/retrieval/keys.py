"""Scores as integers that sort the same way, with room beside them for what must travel along."""

import numpy as np
from numpy.typing import NDArray


def sort_keys(costs: NDArray[np.float32], payload: NDArray[np.int32]) -> NDArray[np.int64]:
    """Integers that order like `costs`, and where these are equal like `payload`.

    Sorting or partitioning plain integers is several times faster than any argsort, and what an
    argsort would have been for can be read back from the low 32 bits.

    Args:
        costs: (B, G) finite; overwritten.
        payload: (G,) or (B, G), not negative.

    Returns:
        (B, G) keys with the payload in their low 32 bits.
    """
    costs += 0.0  # -0.0 and 0.0 are equal but differ in their bits
    bits = costs.view(np.int32)
    bits ^= (bits >> 31) & 0x7FFFFFFF  # as integers, negative floats order backwards
    keys = bits.astype(np.int64)
    keys <<= 32
    keys += payload
    return keys


def costs_of(keys: NDArray[np.int64]) -> NDArray[np.float32]:
    """The costs that `sort_keys` made into keys."""
    bits = (keys >> 32).astype(np.int32)
    bits ^= (bits >> 31) & 0x7FFFFFFF
    costs: NDArray[np.float32] = bits.view(np.float32)
    return costs
