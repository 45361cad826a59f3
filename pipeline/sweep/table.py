"""The sweep's cells as one long table, a summary over seeds and a picture of mAP against K."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.sweep.rows import Row, SweepParams, read_rows, read_sweep_params, write_rows
from xshot.errors import UserError, one_line_errors
from xshot.report.shots import Band, draw_map_by_shots
from xshot.retrieval.galleries import GALLERIES
from xshot.retrieval.significance import holm, sign_flip_p, t_interval
from xshot.store.atomic import write_text

RESULTS = Path("results")
MODELS = ("xshot", "flex_gcrdp")
"""What is compared with everything else: ours, and both papers together."""
ABLATIONS = (
    "no_generation",
    "no_gan",
    "no_composition",
    "no_gate",
    "no_mixture",
    "single_positive",
    "no_rdp",
)

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
    values = collect(rows)
    write_text(RESULTS / "table.md", table(values, params))
    write_text(RESULTS / "map_vs_k.svg", picture(values, params))


def collect(rows: list[Row]) -> Values:
    """Values of one cell of the table, seed by seed."""
    values: Values = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.seed):
        if row.direction == "avg" and row.metric == "map":
            values[row.k_shot, row.variant, row.gallery].append(row.value)
    return values


def table(values: Values, params: SweepParams) -> str:
    """Markdown: ratios to raw CLIP, paired differences to every other variant, all galleries."""
    variants, n_seeds = ("clip", *params.variants), len(params.seeds)
    lines = [
        f"Mean average precision, mean of both directions, over {n_seeds} seeds "
        f"({params.seeds[0]} to {params.seeds[-1]}). Each seed draws classes, support and training "
        "anew, from one data set and its test rows. ± is the half-width of the 95% t-interval over "
        "seeds. Differences are paired by seed; *p* is the exact sign-flip test, Holm-adjusted "
        f"within a column (at least {2 / 2**n_seeds:.2g} before adjustment).",
        "",
        "## Target mAP over that of raw CLIP (ratio of means)",
        "",
        *_header(params),
        *(_line(name, (_ratio(values, k, name) for k in params.shots)) for name in variants),
    ]
    for model in MODELS:
        lines += ["", f"## Target mAP: `{model}` minus each", "", *_header(params)]
        lines += _differences(values, params, model, [name for name in variants if name != model])
    for k_shot in params.shots:
        lines += ["", f"## mAP, K = {k_shot}", "", f"| variant | {' | '.join(GALLERIES)} |"]
        lines += ["|---" * (1 + len(GALLERIES)) + "|"]
        for name in variants:
            cells = (_cell(*t_interval(values[k_shot, name, gallery])) for gallery in GALLERIES)
            lines.append(_line(name, cells))
    return "\n".join(lines) + "\n"


def picture(values: Values, params: SweepParams) -> str:
    """The SVG: target mAP of every variant but the ablations, which are shown against `xshot`."""
    ablations = [name for name in params.variants if name in ABLATIONS]
    others = ["clip", *(name for name in params.variants if name not in ABLATIONS)]
    means = [
        Band(name, [t_interval(values[k_shot, name, "target"]) for k_shot in params.shots])
        for name in others
    ]
    differences = [
        Band(name, [t_interval(_gains(values, k, "xshot", name)) for k in params.shots])
        for name in ablations
    ]
    return draw_map_by_shots(params.shots, means, differences)


def _differences(
    values: Values, params: SweepParams, model: str, others: list[str]
) -> Iterator[str]:
    columns = []
    for k_shot in params.shots:
        gains = [_gains(values, k_shot, model, name) for name in others]
        adjusted = holm([sign_flip_p(gain) for gain in gains])
        columns.append(
            [
                f"{_cell(*t_interval(gain), sign='+')} (p {p:.3f})"
                for gain, p in zip(gains, adjusted, strict=True)
            ]
        )
    for name, cells in zip(others, zip(*columns, strict=True), strict=True):
        yield _line(name, cells)


def _gains(values: Values, k_shot: int, model: str, other: str) -> NDArray[np.float64]:
    return np.subtract(values[k_shot, model, "target"], values[k_shot, other, "target"])


def _ratio(values: Values, k_shot: int, name: str) -> str:
    clip = np.mean(values[k_shot, "clip", "target"])
    return f"{np.mean(values[k_shot, name, 'target']) / clip:.2f}"


def _header(params: SweepParams) -> list[str]:
    shots = " | ".join(f"K = {k_shot}" for k_shot in params.shots)
    return [f"| variant | {shots} |", "|---" * (1 + len(params.shots)) + "|"]


def _line(name: str, cells: Iterable[str]) -> str:
    return f"| `{name}` | {' | '.join(cells)} |"


def _cell(mean: float, half_width: float, *, sign: str = "") -> str:
    return f"{mean:{sign}.3f} ± {half_width:.3f}"


if __name__ == "__main__":
    with one_line_errors():
        main()
