"""A hundred users of `xshot serve`: one text query each every two seconds, for a minute.

`python -m benchmarks.bench_serve [seconds]`, in a checkout in which the pipeline has run. Clients
and server share the machine; every query is another text: nothing is answered from memory. First
the users ask evenly spread over the two seconds, then, the worst that can happen, all at the same
moment. To reach: no error, and 99 of 100 answers within 0.5 s.
"""

import asyncio
import os
import re
import subprocess
import sys
import time

import httpx
import numpy as np
import psutil

CLIENTS, PERIOD = 100, 2.0
WORDS = ("red", "blue", "old", "small", "happy", "bird", "car", "house", "face", "tree", "hand")


def run(seconds: float) -> None:
    """Start a server, load it, print what its users saw."""
    server = subprocess.Popen(
        [sys.executable, "-m", "xshot.cli.main", "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        address = re.search(r"http://\S+", server.stdout.readline())[0]
        for name, spread in (("spread", PERIOD), ("all at once", 0.0)):
            _report(name, address, server.pid, seconds, spread)
    finally:
        server.terminate()
        server.wait(30)


def _report(name: str, address: str, server: int, seconds: float, spread: float) -> None:
    load, before = os.getloadavg()[0], _cpu_seconds(server)
    times, errors = asyncio.run(_load(address, seconds, spread))
    used = _cpu_seconds(server) - before
    p50, p99 = np.percentile(times, [50, 99]) * 1000
    print(
        f"{CLIENTS} clients, {name}, {len(times)} answers in {seconds:.0f} s, {errors} errors; "
        f"median {p50:.0f} ms, p99 {p99:.0f} ms, worst {max(times) * 1000:.0f} ms; CPU of the "
        f"server {used / len(times) * 1000:.1f} ms an answer; load average before: {load:.1f} on "
        f"{os.cpu_count()} CPUs"
    )


def _cpu_seconds(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


async def _load(address: str, seconds: float, spread: float) -> tuple[list[float], int]:
    # Made before any of them asks, and without a store of certificates, which takes 20 ms each:
    # else the first queries wait for the last clients, and half of them ask in step ever after.
    connections = [
        httpx.AsyncClient(base_url=address, timeout=30, verify=False) for _ in range(CLIENTS)
    ]
    begin = time.perf_counter()
    clients = [
        _client(connection, number, begin + spread * number / CLIENTS, seconds)
        for number, connection in enumerate(connections)
    ]
    outcomes = [outcome for client in await asyncio.gather(*clients) for outcome in client]
    return [t for t in outcomes if t is not None], sum(t is None for t in outcomes)


async def _client(
    connection: httpx.AsyncClient, number: int, begin: float, seconds: float
) -> list[float | None]:
    """Seconds until each answer was there; None for an error."""
    rng = np.random.default_rng(number)
    outcomes: list[float | None] = []
    async with connection as http:
        for turn in range(int(seconds / PERIOD)):
            await asyncio.sleep(max(0, begin + turn * PERIOD - time.perf_counter()))
            words = " ".join(rng.choice(WORDS, int(rng.integers(1, 6))))
            start = time.perf_counter()
            try:
                query = {"text": f"{words} {number} {turn}"}
                response = await http.post("/api/search", json=query)
                good = response.status_code == 200 and response.text.endswith("}\n")
            except httpx.HTTPError:
                good = False
            outcomes.append(time.perf_counter() - start if good else None)
    return outcomes


if __name__ == "__main__":
    run(*map(float, sys.argv[1:] or ["60"]))
