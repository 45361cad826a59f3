"""A hundred users of `xshot serve`: one text query each every two seconds, for a minute.

`python -m benchmarks.bench_serve [seconds]`, in a checkout in which the pipeline has run. Clients
and server share the machine; every query is another text: nothing is answered from memory.
To reach: no error, and 99 of 100 answers within 0.5 s.
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
        print(f"load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs")
        before = _cpu_seconds(server.pid)
        times, errors = asyncio.run(_load(address, seconds))
        used = _cpu_seconds(server.pid) - before
    finally:
        server.terminate()
        server.wait(30)
    p50, p99 = np.percentile(times, [50, 99]) * 1000
    print(
        f"{CLIENTS} clients, {len(times)} answers in {seconds:.0f} s, {errors} errors; "
        f"median {p50:.0f} ms, p99 {p99:.0f} ms, worst {max(times) * 1000:.0f} ms; "
        f"CPU of the server {used / len(times) * 1000:.1f} ms an answer"
    )


def _cpu_seconds(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


async def _load(address: str, seconds: float) -> tuple[list[float], int]:
    clients = [_client(address, number, seconds) for number in range(CLIENTS)]
    outcomes = [outcome for client in await asyncio.gather(*clients) for outcome in client]
    return [t for t in outcomes if t is not None], sum(t is None for t in outcomes)


async def _client(address: str, number: int, seconds: float) -> list[float | None]:
    """Seconds until each answer was there; None for an error."""
    rng = np.random.default_rng(number)
    outcomes: list[float | None] = []
    async with httpx.AsyncClient(base_url=address, timeout=30) as http:
        await asyncio.sleep(PERIOD * number / CLIENTS)
        begin = time.perf_counter()
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
