"""Peak memory of `extract` over a manifest of generated pictures: flat, however many there are.

`python -m benchmarks.bench_extract ROWS` (20000, then 200000: a few minutes each).
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.pictures import write_pictures
from benchmarks.scratch import ROOT, environment

# The process's own high-water mark: getrusage would count what its parent held when it forked.
CHILD = """
import pathlib, runpy
runpy.run_module("pipeline.extract", run_name="__main__")
print(pathlib.Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
"""


def extract(folder: Path) -> tuple[float, float]:
    """Seconds and peak resident memory in MiB of one run."""
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        cwd=folder,
        env=environment(ROOT),
        stdout=subprocess.PIPE,
        check=True,
    )
    return time.monotonic() - start, int(done.stdout.split()[-1]) / 1024


def main() -> None:
    """Print one line for a cold run and one for a warm run."""
    rows = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        write_pictures(Path(name), rows, dimensions=64, precision="float32")
        for kind in ("cold", "warm"):
            seconds, mebibytes = extract(Path(name))
            print(f"{rows} rows, {kind}: {seconds:.0f} s, peak {mebibytes:.0f} MiB")


if __name__ == "__main__":
    main()
