"""Batches of rows in turn, without randomness."""

from collections.abc import Iterator


def cycle(n_rows: int, size: int, steps: int) -> Iterator[slice]:
    """The rows of `steps` batches of at most `size`: every row once a round.

    Rows are sorted (source before support, classes by the data's order); a batch takes them at
    even distances, so that it is a sample of all.
    """
    n_batches = max(-(-n_rows // size), 1)
    for step in range(steps if n_rows else 0):
        yield slice(step % n_batches, None, n_batches)
