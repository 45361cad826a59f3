"""Every stage from `episode` to `evaluate` at the sizes of real data and encoders.

`python -m benchmarks.scale [CELL ...]`, of the cells below, such as `nus_wide`; by default all but
the two largest. Features are made up, in a temporary folder, and `params.yaml` is as shipped,
selection included. A process a stage; prints seconds (wall and CPU) and the most memory resident at
once, and in the end a table for README.md. On a machine that others use, CPU seconds tell more.
"""

import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.scratch import ROOT, environment
from benchmarks.synthetic import Shape, write_inputs, write_params
from tests.support.closure import STAGES

CELLS = {
    "small": Shape(rows=743, dimensions=512, classes=25),
    "classes": Shape(rows=20_000, dimensions=512, classes=1_000),
    "wide": Shape(rows=20_000, dimensions=768, classes=81),
    "widest": Shape(rows=1_000, dimensions=1_152, classes=25),
    "flickr": Shape(rows=31_000, dimensions=512, classes=80, labels=4, texts=5),
    "nus_wide": Shape(rows=270_000, dimensions=512, classes=81, skew=1.0, labels=4),
}
"""Pictures, dimensions and classes; `nus_wide` as NUS-WIDE has them, several labels a picture;
`flickr` of Flickr30k's size, five texts a picture, with as many classes as COCO."""

_AFTER_EXTRACT = STAGES[STAGES.index("episode") :]


@dataclass(frozen=True)
class Cost:
    """What a process took: wall and CPU seconds, and GiB resident at the most."""

    wall: float
    cpu: float
    gib: float


def measure(name: str, command: list[str], folder: Path) -> Cost:
    """Run a step and print a line.

    Raises:
        SystemExit: the step failed.
    """
    start = time.perf_counter()
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # progress
        os.execve(sys.executable, [sys.executable, *command], environment(ROOT))
    _, status, usage = os.wait4(child, 0)
    cost = Cost(
        time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 2**20
    )
    if status:
        sys.exit(f"{name} failed")
    print(f"{name:16} {cost.wall:8.1f} s {cost.cpu:8.1f} s CPU {cost.gib:6.2f} GiB", flush=True)
    return cost


def run(shape: Shape) -> dict[str, Cost]:
    """What each stage costs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_params(folder, device="cpu")
        write_inputs(shape, folder)
        return {
            stage: measure(stage, ["-m", f"pipeline.{stage}"], folder) for stage in _AFTER_EXTRACT
        }


def main(names: list[str]) -> None:
    """Run the cells, and print their table: wall seconds, and CPU seconds behind them."""
    costs = {}
    for name in names:
        print(f"{name}: {CELLS[name]}", flush=True)
        costs[name] = run(CELLS[name])
    print(f"\n| stage | {' | '.join(names)} |\n|---|{'---|' * len(names)}")
    for stage in _AFTER_EXTRACT:
        cells = [f"{found[stage].wall:.1f} ({found[stage].cpu:.1f})" for found in costs.values()]
        print(f"| `{stage}` | {' | '.join(cells)} |")
    sums = [
        f"{sum(cost.wall for cost in found.values()):.1f} "
        f"({sum(cost.cpu for cost in found.values()):.1f})"
        for found in costs.values()
    ]
    print(f"| all | {' | '.join(sums)} |")
    memory = [f"{max(cost.gib for cost in found.values()):.2f}" for found in costs.values()]
    print(f"| GiB at the most | {' | '.join(memory)} |")


if __name__ == "__main__":
    main(sys.argv[1:] or list(CELLS)[:-2])
