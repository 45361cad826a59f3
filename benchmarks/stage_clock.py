"""Run a stage and note how long it took, and how much of that was the stage's own compute.

`python -m benchmarks.stage_clock STAGE` in place of `python -m pipeline.STAGE`; a line of JSON is
added to stage_clock.jsonl. The modules that compute are imported before the stage starts, so that
no import counts as compute.
"""

import json
import sys
import time
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

LOG = Path("stage_clock.jsonl")

COMPUTE: dict[str, tuple[str, ...]] = {
    "episode": ("xshot.episode.sampling:draw_episode",),
    "select": ("xshot.selection.select:select",),
    "fit_gmm": ("xshot.mixture.fitting:fit_mixtures",),
    "train_vaegan": ("xshot.vaegan.training:train_vaegan",),
    "synthesize": ("xshot.vaegan.synthesis:synthesize",),
    "train_projector": ("xshot.projector.training:train_projector",),
    "evaluate": (
        "xshot.report.outcome:judge",
        "xshot.report.series:make_series",
        "xshot.report.generation:compare_generation",
        "xshot.report.page:render_page",
    ),
}
"""The functions of the library that are a stage's own work; `prepare` and `extract` only read."""


def main(stage: str) -> None:
    """Run the stage with its functions clocked."""
    spent: dict[str, float] = {}
    for reference in COMPUTE.get(stage, ()):
        module, _, name = reference.partition(":")
        home = import_module(module)
        setattr(home, name, _clocked(getattr(home, name), name, spent))
    import_module(f"pipeline.{stage}").main()
    process = time.time() - psutil.Process().create_time()
    entry = {"stage": stage, "process": process, "compute": sum(spent.values()), "of": spent}
    with LOG.open("a", encoding="utf-8") as log:
        log.write(json.dumps(entry) + "\n")


def _clocked(function: Callable[..., Any], name: str, spent: dict[str, float]) -> Any:
    @wraps(function)
    def clocked(*args: Any, **kwargs: Any) -> Any:
        start = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            spent[name] = spent.get(name, 0) + time.perf_counter() - start

    return clocked


if __name__ == "__main__":
    main(sys.argv[1])
