"""The tests marked `gpu`: encoders and trainings against the CPU, and the same bytes twice."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.gpu_parts.sizes import Sizes

_COUNT = re.compile(r"(\d+) (passed|failed|skipped|errors?)")


def findings(sizes: Sizes) -> Iterator[tuple[str, Any]]:
    """How many passed, and the first lines of what did not.

    Raises:
        RuntimeError: one did not.
    """
    files = [str(file) for file in sorted(Path("tests").rglob("test_gpu*.py"))]
    command = [sys.executable, "-m", "pytest", "-m", "gpu", "-p", "no:cacheprovider", "-v", *files]
    environment = {**os.environ, "XSHOT_GPU_DEVICE": sizes.device}
    done = subprocess.run(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    print(done.stdout, flush=True)
    last = done.stdout.splitlines()[-1:]
    counts = {name: int(count) for line in last for count, name in _COUNT.findall(line)}
    yield "counts", counts
    yield "not_passed", [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    if done.returncode or not counts.get("passed"):
        raise RuntimeError(f"pytest -m gpu: exit status {done.returncode}, {counts}")
