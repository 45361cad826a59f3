"""Work that waits in line: one thread, bounded length, several pieces at a time."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

A = TypeVar("A")
B = TypeVar("B")


class QueueFullError(Exception):
    """Too many are waiting already."""


class BatchQueue(Generic[A, B]):
    """Does pieces of work in order of arrival, those that wait together at once.

    Used within one event loop; the work itself is done by one thread of its own, on one CPU thread.

    Args:
        work: pieces to results, in the same order; one that cannot be done comes back as the
            exception that its caller is to get.
        capacity: pieces that may wait; one more is turned away.
        together: pieces done at a time.
    """

    def __init__(
        self,
        work: Callable[[Sequence[A]], Sequence[B | Exception]],
        *,
        capacity: int,
        together: int,
    ) -> None:
        self._work = work
        self._capacity = capacity
        self._together = together
        self._waiting: deque[tuple[A, asyncio.Future[B]]] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, initializer=_compute_alone)

    async def do(self, piece: A) -> B:
        """The result for `piece`.

        Raises:
            QueueFullError: `capacity` pieces are waiting; nothing has been done.
        """
        if len(self._waiting) >= self._capacity:
            raise QueueFullError
        result: asyncio.Future[B] = asyncio.get_running_loop().create_future()
        self._waiting.append((piece, result))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work_off())
        return await result

    async def _work_off(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            count = min(self._together, len(self._waiting))
            batch = [self._waiting.popleft() for _ in range(count)]
            # Whoever went away meanwhile is not worked for.
            batch = [(piece, result) for piece, result in batch if not result.done()]
            pieces = [piece for piece, _ in batch]
            done: Sequence[B | Exception]
            try:
                done = await loop.run_in_executor(self._thread, self._work, pieces)
            except Exception as error:
                done = [error] * len(pieces)
            for (_, result), outcome in zip(batch, done, strict=True):
                if result.done():
                    continue
                if isinstance(outcome, Exception):
                    result.set_exception(outcome)
                else:
                    result.set_result(outcome)

    def close(self) -> None:
        """Let the thread go."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _compute_alone() -> None:
    import torch

    torch.set_num_threads(1)
