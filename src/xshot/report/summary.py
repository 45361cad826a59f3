"""metrics.json in a dozen lines, for a terminal: `python -m xshot.report.summary`."""

from pathlib import Path
from typing import Any

from xshot.errors import one_line_errors
from xshot.retrieval.galleries import GALLERIES
from xshot.store.json_tree import json_tree
from xshot.terminal import say

METRICS = Path("metrics.json")


def summarise(metrics: dict[str, Any]) -> str:
    """Mean average precision per gallery, directions averaged: raw CLIP, the model and the gain.

    Of a model that no test row is left for, what pseudo-episodes estimate.
    """
    metrics = metrics.get("estimate", metrics)
    lines = [f"{'gallery':<20}{'chance':>8}{'CLIP':>8}{'model':>8}{'gain':>9}   95% interval"]
    for gallery in GALLERIES:
        gain = metrics["gain"][gallery]
        cells = (
            f"{gallery:<20}{metrics['gallery'][gallery]['chance']:>8.3f}"
            f"{metrics['clip'][gallery]['avg']['map']:>8.3f}"
            f"{metrics['model'][gallery]['avg']['map']:>8.3f}{gain['map']:>+9.3f}"
        )
        lines.append(cells + (f"   ± {gain['ci95']:.3f}" if "ci95" in gain else ""))
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the summary of metrics.json to standard output.

    Raises:
        UserError: metrics.json is absent or damaged.
    """
    with json_tree(METRICS, remedy="run `dvc repro`") as metrics:
        rows = (
            "pseudo-episodes, an estimate"
            if "estimate" in metrics
            else "this episode's held-out rows"
        )
        table = summarise(metrics)
    say(f"mAP on {rows} (all of it: dvc metrics show)\n")
    say(table.rstrip("\n"))


if __name__ == "__main__":
    with one_line_errors():
        main()
