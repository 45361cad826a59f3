"""`extract` of 20,000 rows with nothing new, beside what it may take.

`python -m benchmarks.bench_nothing_new`; pictures and encoder are small: neither is read again.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.pictures import write_pictures
from benchmarks.scratch import ROOT, run
from benchmarks.side_by_side import REPEATS, Row, summarise

ROWS = 20_000
ALLOWED = 2.0
"""Seconds, beyond the import of torch."""


def rows() -> Iterator[Row]:
    """The stage by itself, without DVC and its hashing."""
    times, same = [], True
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_pictures(folder, ROWS, dimensions=512)
        _extract(folder)
        first = (folder / "data/features.h5").read_bytes()
        for _ in range(REPEATS):
            start = time.perf_counter()
            run(ROOT, "python", "-c", "import torch")
            allowed = time.perf_counter() - start + ALLOWED
            start = time.perf_counter()
            _extract(folder)
            times.append((allowed, time.perf_counter() - start))
            same &= (folder / "data/features.h5").read_bytes() == first
    yield summarise(
        f"extract with nothing new, {ROWS} rows", "import torch + 2 s", times,
        equal=same, target=1.0,
    )  # fmt: skip


def _extract(folder: Path) -> None:
    run(ROOT, "python", "-c", f"import os; os.chdir({str(folder)!r}); {_STAGE}")


_STAGE = "from pipeline.extract import main; main()"


if __name__ == "__main__":
    for _ in rows():
        pass
