"""All variants on one episode: the sweep's cell beside one `dvc repro` per variant.

`python -m benchmarks.bench_sweep`; three variants are run, of which one trains nothing, one a
projector and one everything; what all would take is the three's mean times their number.
"""

import csv
import json
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.scratch import run, scratch_copy, set_params
from benchmarks.side_by_side import Row, summarise
from pipeline.sweep.rows import read_sweep_params
from xshot.retrieval.galleries import DIRECTIONS, GALLERIES

VARIANTS = ("posterior", "gcrdp", "xshot")
SEED, SHOTS = 100, (0, 7)

Maps = dict[tuple[str, str, str], float]
"""mAP by variant, gallery and direction."""


def rows() -> Iterator[Row]:
    """One round for each number of shots."""
    times, same = [], True
    n_variants = len(read_sweep_params().variants)
    with scratch_copy() as copy:
        for k_shot in SHOTS:
            maps: Maps = {}
            start = time.perf_counter()
            for variant in VARIANTS:
                set_params(copy, seed=SEED, model__k_shot=k_shot, model__variant=variant)
                run(copy, "dvc", "repro")
                maps |= _of_stages(copy, variant)
            one_by_one = (time.perf_counter() - start) / len(VARIANTS) * n_variants
            start = time.perf_counter()
            run(copy, "python", "-m", "pipeline.sweep.cell", str(SEED), str(k_shot))
            times.append((one_by_one, time.perf_counter() - start))
            same &= maps.items() <= _of_cell(copy, k_shot).items()
    yield summarise(
        f"one cell of the sweep, {n_variants} variants", "one dvc repro per variant", times,
        equal=same, target=5.0,
    )  # fmt: skip


def _of_stages(folder: Path, variant: str) -> Maps:
    tree = json.loads((folder / "metrics.json").read_text())["model"]
    return {
        (variant, gallery, direction): tree[gallery][direction]["map"]
        for gallery in GALLERIES
        for direction in DIRECTIONS
    }


def _of_cell(folder: Path, k_shot: int) -> Maps:
    with (folder / f"data/sweep/{SEED}-{k_shot}.csv").open(newline="") as file:
        return {
            (row["variant"], row["gallery"], row["direction"]): float(row["value"])
            for row in csv.DictReader(file)
        }


if __name__ == "__main__":
    for _ in rows():
        pass
