"""results/generators.md out of results/generators.csv: means over pseudo-episodes."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from pipeline.sweep.rows import Measure
from xshot.retrieval.significance import t_interval

COLUMNS = {
    "frechet": "Frechet",
    "precision": "precision",
    "recall": "recall",
    "coverage": "coverage",
    "variance_ratio": "variance ratio",
    "accuracy": "TSTR",
}


def table(measures: Sequence[Measure]) -> str:
    """Markdown: per K and modality the quality of each generator, and what a projector gains.

    Args:
        measures: the rows of results/generators.csv.
    """
    values = defaultdict(list)
    for row in measures:
        values[row.k_shot, row.modality, row.generator, row.measure].append(row.value)
    generators = list(dict.fromkeys(row.generator for row in measures))
    n_episodes = len({(row.seed, row.draw) for row in measures})
    lines = [
        f"Means over {n_episodes} pseudo-episodes, on held-out rows of classes that play target. "
        "*Frechet*: distance of within-class residuals pooled over classes (32 principal "
        "components, equal numbers of rows, over the real variance) with the mean 95% bootstrap "
        "interval, which lies higher than the distance since redrawing repeats rows. *TSTR*: "
        "accuracy on real rows of a classifier trained on generated ones. *Target* and "
        "*generalized*: mAP of `flex_gcrdp` when its projector is trained for 200 steps on these "
        "pairs, less that without any, paired by pseudo-episode, with the 95% t-interval.",
    ]
    for k_shot in dict.fromkeys(row.k_shot for row in measures):
        for modality in ("image", "text"):
            lines += ["", f"## K = {k_shot}, {modality}", ""]
            lines += [_line("generator", COLUMNS.values()), "|---" * (1 + len(COLUMNS)) + "|"]
            for name in generators[1:]:
                means = {
                    measure: float(np.mean(values[k_shot, modality, name, measure]))
                    for measure in (*COLUMNS, "frechet_interval_low", "frechet_interval_high")
                }
                first = (
                    f"{means['frechet']:.3f} [{means['frechet_interval_low']:.3f}, "
                    f"{means['frechet_interval_high']:.3f}]"
                )
                lines.append(
                    _line(name, [first, *(f"{means[key]:.3f}" for key in list(COLUMNS)[1:])])
                )
        lines += ["", f"## K = {k_shot}, retrieval", ""]
        lines += ["| generator | target | generalized |", "|---|---|---|"]
        for name in generators:
            cells = []
            for gallery in ("target", "generalized"):
                base = np.array(values[k_shot, "both", generators[0], gallery])
                gains = np.array(values[k_shot, "both", name, gallery]) - base
                mean, half = t_interval(gains)
                cells.append(
                    f"{base.mean():.3f}" if name == generators[0] else f"{mean:+.3f} ± {half:.3f}"
                )
            lines.append(_line(name, cells))
    return "\n".join(lines) + "\n"


def _line(name: str, cells: Iterable[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"
