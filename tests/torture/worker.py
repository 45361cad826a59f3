"""Reads mutated inputs of one kind: `python -m tests.torture.worker KIND FIRST COUNT FINISHED`.

In a process of its own, since a C library that trips takes its process down. Prints each number
before it is tried, and at the end exits with 1 if one of them gave a traceback or took too long.
"""

import faulthandler
import logging
import resource
import signal
import sys
import tempfile
import traceback
from pathlib import Path

import numpy as np

from tests.torture.inputs import KINDS
from tests.torture.mutations import mutate
from xshot.errors import UserError

SECONDS = 20
GIBIBYTES = 8


def main(name: str, first: int, count: int, finished: Path) -> int:
    """How many of the inputs were neither read nor refused in one line."""
    kind = KINDS[name]
    files = kind.files(finished)
    candidates = sorted(file for file in files if file.endswith(kind.suffixes))
    failures = refused = 0
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        for file, content in files.items():
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_bytes(content)
        kind.read(root)  # as it was, it is fine
        for number in range(first, first + count):
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()
            rng = np.random.default_rng(number)
            victim = candidates[int(rng.integers(len(candidates)))]
            (root / victim).write_bytes(mutate(files[victim], rng))
            faulthandler.dump_traceback_later(2 * SECONDS, exit=True)  # a C library hangs
            try:
                signal.alarm(SECONDS)
                kind.read(root)
            except UserError:
                refused += 1
            except Exception:
                failures += 1
                sys.stdout.write(f"{name} {number} ({victim}):\n{traceback.format_exc()}\n")
            signal.alarm(0)
            faulthandler.cancel_dump_traceback_later()
            (root / victim).write_bytes(files[victim])
    sys.stdout.write(f"{name}: {count} inputs, {refused} refused, {failures} failures\n")
    return failures


def _too_long(*_: object) -> None:
    raise TimeoutError


if __name__ == "__main__":
    faulthandler.enable()
    logging.disable(logging.WARNING)
    signal.signal(signal.SIGALRM, _too_long)
    resource.setrlimit(resource.RLIMIT_AS, (GIBIBYTES << 30, GIBIBYTES << 30))
    _, asked, start, inputs, folder = sys.argv
    sys.exit(min(1, main(asked, int(start), int(inputs), Path(folder))))
