"""All benchmarks: `python -m benchmarks [NAME ...]`, NAME without `bench_`; all by default.

Their rows go to results.json, where they take the place of earlier ones, and from there into the
table of README.md.
"""

import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from benchmarks.results import BENCHMARKS, record, run_benchmark


def main(names: Sequence[str]) -> int:
    """1 if a benchmark and its peer computed different things, else 0."""
    equal = True
    for name in names or BENCHMARKS:
        # A benchmark's thread counts and memory end with its process.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            rows = pool.submit(run_benchmark, name).result()
        record(name, rows)
        equal &= all(row.equal for row in rows)
    return int(not equal)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
