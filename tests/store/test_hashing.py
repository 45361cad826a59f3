import numpy as np
import pytest

from xshot.store.hashing import rows_hash

ROWS = np.arange(6, dtype=np.float32).reshape(2, 3)


def test_equal_rows_hash_alike_whatever_their_memory_layout():
    assert rows_hash(("a", "b"), ROWS) == rows_hash(["a", "b"], np.asfortranarray(ROWS))


@pytest.mark.parametrize(
    ("ids", "rows"),
    [
        (("b", "a"), ROWS),
        (("ab", ""), ROWS),
        (("a", "b"), ROWS[::-1]),
        (("a", "b"), ROWS.reshape(3, 2)),
        (("a", "b"), ROWS.view(np.int32)),
    ],
)
def test_anything_else_hashes_otherwise(ids, rows):
    assert rows_hash(ids, rows) != rows_hash(("a", "b"), ROWS)
