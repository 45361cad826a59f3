"""CPU threads of the peers that compute in torch."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

CORES = torch.get_num_threads()


def fastest_threads(trial: Callable[[], object]) -> int:
    """Let torch use one thread or all cores from here on, whichever is faster on `trial`.

    All cores are torch's own choice. Where others are busy on the machine its threads wait for each
    other, and one is faster: a peer must not lose to that.
    """
    seconds = {}
    for threads in (CORES, 1):
        torch.set_num_threads(threads)
        trial()  # the first run is slower
        start = time.perf_counter()
        trial()
        seconds[threads] = time.perf_counter() - start
    fastest = min(seconds, key=seconds.__getitem__)
    torch.set_num_threads(fastest)
    return fastest


@contextmanager
def with_threads(count: int) -> Iterator[None]:
    """Let torch compute on `count` threads for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
