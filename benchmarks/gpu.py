"""Prove and time XShot on a CUDA device: `make gpu`, or `python -m benchmarks.gpu [PART ...]`.

Needs neither a network nor DVC. Each part runs in a process of its own with a limit of its own, so
that one that fails, hangs or runs out of memory does not cost the rest. What they find goes into
gpu.json, part by part, and what they say into gpu.log, both in the folder of `--out`.

`--toy` runs the same on a CPU, on next to nothing: that the script works, it shows; its figures
mean nothing. `--record gpu.json` takes a machine's figures into benchmarks/README.md.
"""

import json
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from benchmarks.results import record_gpu
from xshot.store.atomic import write_text

LIMITS = {
    "machine": 30,
    "tests": 120,
    "ranking": 70,
    "training": 70,
    "stages": 90,
    "encoding": 200,
}
"""Parts in their order, and the seconds that each may take: together under ten minutes."""

_HERE = Path(__file__).parent


def main(arguments: Namespace) -> int:
    """1 if a part failed, else 0."""
    if arguments.record:
        record_gpu(json.loads(arguments.record.read_text(encoding="utf-8")))
        return 0
    if arguments.child:
        _run_here(arguments.child, arguments.out, toy=arguments.toy)
        return 0
    arguments.out.mkdir(parents=True, exist_ok=True)
    results: dict[str, Any] = {}
    with (arguments.out / "gpu.log").open("w", encoding="utf-8") as log:
        for part in arguments.parts or LIMITS:
            results[part] = _run_part(part, arguments.out, log, toy=arguments.toy)
            _write(arguments.out / "gpu.json", results)
            print(f"{part}: {results[part]['status']}, {results[part]['seconds']} s", flush=True)
    return int(any(result["status"] != "ok" for result in results.values()))


def _run_part(part: str, out: Path, log: IO[str], *, toy: bool) -> dict[str, Any]:
    """What a part found, and how it ended; it may have found something before it failed."""
    print(f"\n==== {part}", file=log, flush=True)
    command = [sys.executable, "-m", "benchmarks.gpu", "--child", part, "--out", str(out)]
    start, status = time.perf_counter(), "ok"
    found = _found(out, part)
    found.unlink(missing_ok=True)
    try:
        done = subprocess.run(
            [*command, *(["--toy"] if toy else [])],
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=LIMITS[part],
            check=False,
        )
        if done.returncode:
            status = f"failed with exit status {done.returncode}; gpu.log says more"
    except subprocess.TimeoutExpired:
        status = f"stopped after {LIMITS[part]} s"
    result = {"status": status, "seconds": round(time.perf_counter() - start, 1)}
    if found.exists():
        result |= json.loads(found.read_text(encoding="utf-8"))
        found.unlink()
    return result


def _run_here(part: str, out: Path, *, toy: bool) -> None:
    """Run a part in this process, and write after each finding what there is."""
    from benchmarks.gpu_parts.sizes import FULL, TOY
    from xshot.compute import resolve_device

    sizes = TOY if toy else FULL
    resolve_device(sizes.device)
    found: dict[str, Any] = {}
    for name, value in import_module(f"benchmarks.gpu_parts.{part}").findings(sizes):
        print(f"{name}: {value}", flush=True)
        found[name] = value
        _write(_found(out, part), found)


def _found(out: Path, part: str) -> Path:
    return out / f"gpu.{part}.part.json"


def _write(path: Path, value: Any) -> None:
    write_text(path, json.dumps(value, indent=2) + "\n")


def parse(arguments: Sequence[str] | None = None) -> Namespace:
    """What was asked for."""
    parser = ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(LIMITS)}")
    parser.add_argument("--toy", action="store_true", help="on the CPU, on next to nothing")
    parser.add_argument("--out", type=Path, default=_HERE, help="folder of gpu.json and gpu.log")
    parser.add_argument("--record", type=Path, help="a gpu.json to take into README.md")
    parser.add_argument("--child", help="used by the script itself")
    found = parser.parse_args(arguments)
    unknown = set(found.parts) - set(LIMITS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return found


if __name__ == "__main__":
    sys.exit(main(parse()))
