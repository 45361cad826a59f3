"""All stages from `episode` to `evaluate`: on the CPU, on the device, and there once more."""

import json
import os
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.gpu_parts.sizes import Sizes
from benchmarks.synthetic import Shape, write_inputs, write_params
from tests.support.closure import STAGES

_CLASSES = 25
_TOLERANCE = 0.02
"""Of mAP: a GPU draws other noise than a CPU, so that two trainings are two seeds."""

_MODELS = ("models/mixture.h5", "models/vaegan", "data/pseudo.h5", "models/projector")


def findings(sizes: Sizes) -> Iterator[tuple[str, Any]]:
    """Seconds by stage, the metrics' differences, and whether a second run wrote the same bytes.

    Raises:
        RuntimeError: it did not, or the devices' metrics are far apart.
    """
    home = Path.cwd()
    with TemporaryDirectory() as scratch:
        write_inputs(Shape(sizes.rows, sizes.dimensions, _CLASSES), Path(scratch))
        os.chdir(scratch)
        try:
            seconds, expected, _ = _run("cpu")
            yield "seconds_cpu", seconds
            seconds, found, first = _run(sizes.device)
            yield "seconds_device", seconds
            same = first == _run(sizes.device)[2]
        finally:
            os.chdir(home)
    yield "same_bytes_twice", same
    apart = max(abs(a - b) for a, b in zip(_maps(expected), _maps(found), strict=True))
    yield "largest_difference_of_map", round(apart, 5)
    yield "target_map", {"cpu": _target(expected), "device": _target(found)}
    if not same or apart > _TOLERANCE:
        raise RuntimeError(f"same bytes twice: {same}; mAP differs by {apart:.5f}")


def _run(device: str) -> tuple[dict[str, float], Any, dict[str, bytes]]:
    write_params(Path(), device=device)
    seconds = {}
    for stage in STAGES[STAGES.index("episode") :]:
        main = import_module(f"pipeline.{stage}").main
        start = time.perf_counter()
        main()
        seconds[stage] = round(time.perf_counter() - start, 2)
    metrics = Path("metrics.json").read_text(encoding="utf-8")
    return seconds, json.loads(metrics), {"metrics.json": metrics.encode(), **_files()}


def _files() -> dict[str, bytes]:
    found = {}
    for name in _MODELS:
        paths = [Path(name)] if Path(name).is_file() else sorted(Path(name).iterdir())
        found.update({str(path): path.read_bytes() for path in paths})
    return found


def _maps(tree: Any) -> list[float]:
    if not isinstance(tree, dict):
        return []
    own = [tree["map"]] if "map" in tree else []
    return own + [value for branch in tree.values() for value in _maps(branch)]


def _target(metrics: Any) -> dict[str, float]:
    return {system: metrics[system]["target"]["avg"]["map"] for system in ("clip", "model")}
