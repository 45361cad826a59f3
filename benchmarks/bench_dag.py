"""What `dvc repro` takes around the stages' own compute: DVC, imports, reading and writing.

`python -m benchmarks.bench_dag`; runs all nine stages on the embedded default in a scratch copy,
and prints where the time of each went.
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.scratch import run, scratch_copy
from benchmarks.side_by_side import REPEATS, Row, summarise
from benchmarks.stage_clock import LOG

ALLOWED = 1.0
"""Seconds a stage, beyond the import of torch."""


def rows() -> Iterator[Row]:
    """Features are in the cache, so that `extract` only looks at files."""
    times, metrics = [], []
    with scratch_copy() as copy:
        for _ in range(REPEATS):
            (copy / LOG).unlink()
            start = time.perf_counter()
            run(copy, "python", "-c", "import torch")
            torch_seconds = time.perf_counter() - start
            start = time.perf_counter()
            run(copy, "dvc", "repro", "--force")
            seconds = time.perf_counter() - start
            stages = read_log(copy)
            around = seconds - sum(stage["compute"] for stage in stages)
            times.append((len(stages) * (torch_seconds + ALLOWED), around))
            metrics.append((copy / "metrics.json").read_bytes())
            _print_profile(seconds, torch_seconds, stages)
    yield summarise(
        "around the compute of nine stages", "9 x (import torch + 1 s)", times,
        equal=len(stages) == 9 and len(set(metrics)) == 1, target=1.0,
    )  # fmt: skip


def read_log(folder: Path) -> list[dict[str, Any]]:
    """What the stages noted, in the order they ran."""
    return [json.loads(line) for line in (folder / LOG).read_text().splitlines()]


def _print_profile(seconds: float, torch_seconds: float, stages: list[dict[str, Any]]) -> None:
    outside = seconds - sum(stage["process"] for stage in stages)
    print(f"dvc repro {seconds:.1f} s, outside the stages {outside:.1f} s,", end=" ")
    print(f"import torch {torch_seconds:.2f} s")
    for stage in stages:
        around = stage["process"] - stage["compute"]
        compute = stage["compute"]
        print(f"  {stage['stage']}: {compute:.2f} s compute, {around:.2f} s around it", flush=True)


if __name__ == "__main__":
    for _ in rows():
        pass
