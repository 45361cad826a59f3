"""Functions over many items by several threads, results in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self, TypeVar

A = TypeVar("A")
B = TypeVar("B")


class Workers:
    """Threads that share whatever is mapped over; to be used in a `with`.

    Each lets torch compute on that thread alone: passes side by side waste less than one pass
    spread over all cores, and their bits do not depend on how many cores there are.

    Args:
        threads: how many.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads

    def __enter__(self) -> Self:
        import torch

        self._before = torch.get_num_threads()
        self._pool = ThreadPoolExecutor(
            self._threads, initializer=torch.set_num_threads, initargs=(1,)
        )
        return self

    def __exit__(self, *_: object) -> None:
        import torch

        self._pool.shutdown(cancel_futures=True)
        torch.set_num_threads(self._before)

    def map(self, function: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
        """Like the built-in, taking from `items` only a little ahead of the results."""
        pending: deque[Future[B]] = deque()
        for item in items:
            pending.append(self._pool.submit(function, item))
            if len(pending) > 2 * self._threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def map_in_order(function: Callable[[A], B], items: Iterable[A], *, threads: int) -> Iterator[B]:
    """Like `map`, by `Workers` of its own."""
    with Workers(threads) as workers:
        yield from workers.map(function, items)
