"""Work waits in order, is done together, and is turned away where too much waits."""

import asyncio
import threading

import pytest

from xshot.serve.batch_queue import BatchQueue, QueueFullError


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 20))


def test_every_piece_gets_its_own_result_and_waits_with_others():
    sizes = []

    def double(pieces):
        sizes.append(len(pieces))
        return [2 * piece for piece in pieces]

    async def main():
        line = BatchQueue(double, capacity=100, together=8)
        try:
            return await asyncio.gather(*(line.do(piece) for piece in range(30)))
        finally:
            line.close()

    assert run(main()) == [2 * piece for piece in range(30)]
    assert sum(sizes) == 30
    assert max(sizes) == 8


def test_one_too_many_is_turned_away_and_the_others_are_served():
    may_go_on = threading.Event()

    def wait(pieces):
        may_go_on.wait(10)
        return list(pieces)

    async def main():
        line = BatchQueue(wait, capacity=2, together=1)
        try:
            first = asyncio.create_task(line.do("works"))
            while line._waiting or line._worker is None:
                await asyncio.sleep(0.01)
            waiting = [asyncio.create_task(line.do(piece)) for piece in ("a", "b")]
            await asyncio.sleep(0)
            with pytest.raises(QueueFullError):
                await line.do("too many")
            may_go_on.set()
            return await asyncio.gather(first, *waiting)
        finally:
            line.close()

    assert run(main()) == ["works", "a", "b"]


def test_what_went_wrong_reaches_whom_it_concerns():
    def work(pieces):
        if "all" in pieces:
            raise OSError("broken")
        return [ValueError(piece) if piece == "bad" else piece for piece in pieces]

    async def main():
        line = BatchQueue(work, capacity=10, together=10)
        try:
            first = await asyncio.gather(line.do("good"), line.do("bad"), return_exceptions=True)
            second = await asyncio.gather(line.do("all"), return_exceptions=True)
            return [*first, *second, await line.do("after")]
        finally:
            line.close()

    good, bad, everything, after = run(main())
    assert (good, after) == ("good", "after")
    assert isinstance(bad, ValueError)
    assert isinstance(everything, OSError)


def test_who_went_away_is_not_worked_for():
    done, started, may_go_on = [], threading.Event(), threading.Event()

    def work(pieces):
        started.set()
        may_go_on.wait(10)
        done.extend(pieces)
        return list(pieces)

    async def main():
        line = BatchQueue(work, capacity=10, together=1)
        try:
            first = asyncio.create_task(line.do("first"))
            await asyncio.to_thread(started.wait, 10)
            gone = asyncio.create_task(line.do("gone"))
            await asyncio.sleep(0)
            last = asyncio.create_task(line.do("last"))
            await asyncio.sleep(0)
            gone.cancel()
            may_go_on.set()
            await asyncio.gather(first, last)
        finally:
            line.close()

    run(main())
    assert done == ["first", "last"]
