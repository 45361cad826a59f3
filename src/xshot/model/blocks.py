"""Many rows, a block at a time: what lies between features and results must not grow with them."""

from collections.abc import Callable

import numpy as np

from xshot.imports.unit import Matrix

BLOCK_ROWS = 2**14


def in_blocks(function: Callable[[Matrix], Matrix], rows: Matrix) -> Matrix:
    """`function(rows)` for a function that treats each row by itself."""
    first = function(rows[:BLOCK_ROWS])
    if len(first) == len(rows):
        return first
    result = np.empty((len(rows), first.shape[1]), np.float32)
    result[:BLOCK_ROWS] = first
    for start in range(BLOCK_ROWS, len(rows), BLOCK_ROWS):
        block = slice(start, start + BLOCK_ROWS)
        result[block] = function(rows[block])
    return result
