import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from xshot.projector.baselines.batches import cycle


@given(st.integers(1, 60), st.integers(1, 20), st.integers(0, 3))
def test_every_row_comes_once_a_round(n_rows, size, rounds):
    steps = rounds * -(-n_rows // size)
    batches = [np.arange(n_rows)[batch] for batch in cycle(n_rows, size, steps)]
    assert all(1 <= len(batch) <= size for batch in batches)
    counts = np.bincount(np.concatenate([np.zeros(0, int), *batches]), minlength=n_rows)
    assert (counts == rounds).all()


def test_no_rows_no_batches():
    assert list(cycle(0, 8, 5)) == []
