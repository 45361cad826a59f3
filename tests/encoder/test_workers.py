"""Results in order, work side by side, nothing taken far ahead, errors passed on."""

import threading
from itertools import count, islice

import pytest
import torch

from xshot.encoder.workers import Workers, map_in_order


def test_results_come_in_order():
    assert list(map_in_order(lambda x: x * x, range(50), threads=4)) == [x * x for x in range(50)]


def test_all_threads_work_at_the_same_time():
    barrier = threading.Barrier(3, timeout=20)  # passes only if three wait at once
    assert len(list(map_in_order(lambda _: barrier.wait(), range(6), threads=3))) == 6


@pytest.mark.parametrize("threads", [1, 3])
def test_one_map_feeds_another_by_the_same_threads(threads):
    names = set()

    def note(x):
        names.add(threading.current_thread().name)
        return x + 1

    with Workers(threads) as workers:
        first = workers.map(note, range(40))
        assert list(workers.map(note, (x * 10 for x in first))) == [10 * x + 11 for x in range(40)]
    assert len(names) <= threads


def test_endless_items_are_taken_only_a_little_ahead():
    taken = []
    results = map_in_order(lambda x: x, (taken.append(x) or x for x in count()), threads=2)
    assert list(islice(results, 10)) == list(range(10))
    results.close()
    assert len(taken) <= 10 + 2 * 2 + 1


def test_an_error_reaches_the_caller_and_ends_the_work():
    def fail(x):
        if x == 3:
            raise KeyError(x)
        return x

    before = {*threading.enumerate()}  # those of a server in another test may end a little later
    results = map_in_order(fail, count(), threads=2)
    with pytest.raises(KeyError):
        list(results)
    assert {*threading.enumerate()} <= before


def test_each_thread_computes_alone_and_torch_gets_its_threads_back():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        found = list(map_in_order(lambda _: torch.get_num_threads(), range(4), threads=2))
        assert found == [1] * 4
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
