"""The first answer of `xshot search`, from the command line, beside what it may take.

`python -m benchmarks.bench_cold_search`, in a checkout in which the pipeline has run.
"""

import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks.scratch import ROOT, environment
from benchmarks.side_by_side import REPEATS, Row, summarise

ALLOWED = 1.5
"""Seconds, beyond the import of open_clip."""


def rows(*options: str) -> Iterator[Row]:
    """A text in a gallery, the embedded one by default, from the process's start to its end."""
    _search(*options)  # so that neither side reads its files from the disk
    times, answers = [], set()
    for _ in range(REPEATS):
        start = time.perf_counter()
        _python("-c", "import open_clip")
        allowed = time.perf_counter() - start + ALLOWED
        start = time.perf_counter()
        answers.add(_search(*options))
        times.append((allowed, time.perf_counter() - start))
    yield summarise(
        "first answer of xshot search", "import open_clip + 1.5 s", times,
        equal=len(answers) == 1, target=1.0,
    )  # fmt: skip


def _search(*options: str) -> str:
    return _python("-m", "xshot.cli.main", "search", "a red bird", "--json", *options)


def _python(*arguments: str) -> str:
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment(ROOT), stdout=subprocess.PIPE, text=True, check=True
    ).stdout


if __name__ == "__main__":
    for _ in rows():
        pass
