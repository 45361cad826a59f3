"""A function over many items by several threads, results in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def map_in_order(function: Callable[[A], B], items: Iterable[A], *, threads: int) -> Iterator[B]:
    """Like `map`, by `threads` threads, taking from `items` only a little ahead of the results.

    Each thread lets torch compute on that thread alone: passes side by side waste less than one
    pass spread over all cores, and their bits do not depend on how many cores there are.
    """
    import torch

    before = torch.get_num_threads()
    pending: deque[Future[B]] = deque()
    pool = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
    try:
        for item in items:
            pending.append(pool.submit(function, item))
            if len(pending) > 2 * threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(before)
