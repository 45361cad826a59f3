"""The sweep's cells as one long table, a summary over seeds and a picture of mAP against K."""

from collections import defaultdict
from pathlib import Path

import numpy as np

from pipeline.sweep.rows import Row, read_rows, read_sweep_params, write_rows
from xshot.errors import UserError, one_line_errors
from xshot.report.shots import Band, draw_map_by_shots
from xshot.retrieval.galleries import GALLERIES
from xshot.retrieval.significance import holm, sign_flip_p, t_interval
from xshot.store.atomic import write_text

RESULTS = Path("results")

Values = dict[tuple[int, str, str], list[float]]
"""By shot, variant and gallery: mAP (both directions' mean) per seed, in the seeds' order."""


def main() -> None:
    """Write results/sweep.csv, results/table.md and results/map_vs_k.svg."""
    params = read_sweep_params()
    if len(params.seeds) < 2:
        raise UserError("pipeline/sweep/params.yaml: intervals need at least two seeds")
    rows = [
        row
        for seed in params.seeds
        for k_shot in params.shots
        for row in read_rows(Path(f"data/sweep/{seed}-{k_shot}.csv"))
    ]
    write_rows(RESULTS / "sweep.csv", rows)
    variants = ("clip", *params.variants)
    values = collect(rows)
    write_text(RESULTS / "table.md", table(values, variants, params.shots, len(params.seeds)))
    bands = [
        Band(name, [t_interval(values[k_shot, name, "target"]) for k_shot in params.shots])
        for name in variants
    ]
    write_text(RESULTS / "map_vs_k.svg", draw_map_by_shots(params.shots, bands))


def collect(rows: list[Row]) -> Values:
    """Values of one cell of the table, seed by seed."""
    values: Values = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.seed):
        if row.direction == "avg" and row.metric == "map":
            values[row.k_shot, row.variant, row.gallery].append(row.value)
    return values


def table(values: Values, variants: tuple[str, ...], shots: tuple[int, ...], n_seeds: int) -> str:
    """Markdown: per K the mean mAP of each variant and gallery, and the difference to raw CLIP."""
    lines = [
        f"mAP (mean of both directions), mean and half-width of the 95% t-interval over {n_seeds} "
        "seeds; each seed draws classes, support and training anew, from one data set and its test "
        "rows. *vs clip* is the difference in target mAP paired by seed, *p* its exact sign-flip "
        f"test, Holm-adjusted within the K (at least {2 / 2**n_seeds:.2g} before adjustment).",
    ]
    for k_shot in shots:
        lines += ["", f"### K = {k_shot}", ""]
        lines += [f"| variant | {' | '.join(GALLERIES)} | vs clip | p |", "|---" * 7 + "|"]
        clip = np.array(values[k_shot, "clip", "target"])
        gains = {name: np.array(values[k_shot, name, "target"]) - clip for name in variants[1:]}
        adjusted = dict(
            zip(gains, holm([sign_flip_p(gain) for gain in gains.values()]), strict=True)
        )
        for name in variants:
            cells = [_cell(*t_interval(values[k_shot, name, gallery])) for gallery in GALLERIES]
            if name in gains:
                cells += [_cell(*t_interval(gains[name]), sign="+"), f"{adjusted[name]:.3f}"]
            else:
                cells += ["", ""]
            lines.append(f"| `{name}` | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(mean: float, half_width: float, *, sign: str = "") -> str:
    return f"{mean:{sign}.3f} ± {half_width:.3f}"


if __name__ == "__main__":
    with one_line_errors():
        main()
