"""The sweep's cells as one long table, a summary over seeds and a picture of mAP against K.

`python -m pipeline.sweep.table SET`; sweep.csv alone says what the other two are made of.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.sweep.rows import Row, cell_path, read_rows, read_sweep_params, write_rows
from pipeline.sweep.sets import read_set
from xshot.errors import UserError, one_line_errors
from xshot.report.shots import Band, draw_map_by_shots
from xshot.retrieval.galleries import GALLERIES
from xshot.retrieval.significance import holm, sign_flip_p, t_interval
from xshot.store.atomic import write_text

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

SIGNIFICANT = 0.05
"""Tests are shown where one of them could come out below."""


@dataclass(frozen=True)
class Sweep:
    """What the cells hold.

    Attributes:
        seeds: ascending.
        shots: ascending.
        variants: raw CLIP, then the others as pipeline/sweep/params.yaml has them.
        values: by shot, variant and gallery: mAP (both directions' mean) of each seed.
    """

    seeds: tuple[int, ...]
    shots: tuple[int, ...]
    variants: tuple[str, ...]
    values: dict[tuple[int, str, str], list[float]]


def main(name: str) -> None:
    """Write sweep.csv, table.md and map_vs_k.svg of the data set `name`."""
    params, results = read_sweep_params(), Path(read_set(name).results)
    if len(params.seeds) < 2:
        raise UserError("pipeline/sweep/params.yaml: intervals need at least two seeds")
    rows = [
        row
        for seed in params.seeds
        for k_shot in params.shots
        for row in read_rows(cell_path(name, seed, k_shot))
    ]
    write_rows(results / "sweep.csv", rows)
    sweep = collect(rows)
    write_text(results / "table.md", table(sweep))
    write_text(results / "map_vs_k.svg", picture(sweep))


def collect(rows: Sequence[Row]) -> Sweep:
    """The rows that the table is made of: mAP, both directions' mean."""
    counted = [row for row in rows if row.direction == "avg"]
    values = defaultdict(list)
    for row in sorted(counted, key=lambda row: row.seed):
        values[row.k_shot, row.variant, row.gallery].append(row.value)
    return Sweep(
        seeds=tuple(sorted({row.seed for row in counted})),
        shots=tuple(sorted({row.k_shot for row in counted})),
        variants=tuple(dict.fromkeys(row.variant for row in counted)),
        values=dict(values),
    )


def table(sweep: Sweep) -> str:
    """Markdown: ratios to raw CLIP, paired differences to every other variant, all galleries."""
    variants, values, n_seeds = sweep.variants, sweep.values, len(sweep.seeds)
    lines = [
        f"Mean average precision, mean of both directions, over {n_seeds} seeds "
        f"({sweep.seeds[0]} to {sweep.seeds[-1]}). Each seed draws classes, support and training "
        "anew, from one data set and its test rows. ± is the half-width of the 95% t-interval over "
        f"seeds. Differences are paired by seed{_of_test(sweep)}.",
        "",
        "## Target mAP over that of raw CLIP (ratio of means)",
        "",
        *_header(sweep),
        *(_line(name, (_ratio(sweep, k, name) for k in sweep.shots)) for name in variants),
    ]
    for model in (name for name in MODELS if name in variants):
        lines += ["", f"## Target mAP: `{model}` minus each", "", *_header(sweep)]
        lines += _differences(sweep, model, [name for name in variants if name != model])
    for k_shot in sweep.shots:
        lines += ["", f"## mAP, K = {k_shot}", "", f"| variant | {' | '.join(GALLERIES)} |"]
        lines += ["|---" * (1 + len(GALLERIES)) + "|"]
        for name in variants:
            cells = (_cell(*t_interval(values[k_shot, name, gallery])) for gallery in GALLERIES)
            lines.append(_line(name, cells))
    return "\n".join(lines) + "\n"


def picture(sweep: Sweep) -> str:
    """The SVG: target mAP of every variant but the ablations, which are shown against `xshot`."""
    ablations = [name for name in sweep.variants if name in ABLATIONS and "xshot" in sweep.variants]
    others = [name for name in sweep.variants if name not in ABLATIONS]
    means = [
        Band(name, [t_interval(sweep.values[k_shot, name, "target"]) for k_shot in sweep.shots])
        for name in others
    ]
    differences = [
        Band(name, [t_interval(_gains(sweep, k_shot, "xshot", name)) for k_shot in sweep.shots])
        for name in ablations
    ]
    return draw_map_by_shots(sweep.shots, means, differences)


def _has_test(sweep: Sweep) -> bool:
    """Whether enough signs can be flipped for any difference to be told from chance."""
    return _least_p(sweep) * (len(sweep.variants) - 1) < SIGNIFICANT


def _least_p(sweep: Sweep) -> float:
    """Of the sign-flip test: two of all patterns of signs are as extreme as all alike."""
    return 2.0 ** (1 - len(sweep.seeds))


def _of_test(sweep: Sweep) -> str:
    if not _has_test(sweep):
        return "; there are too few seeds for a test beyond the interval"
    return (
        "; *p* is the exact sign-flip test, Holm-adjusted within a column "
        f"(at least {_least_p(sweep):.2g} before adjustment)"
    )


def _differences(sweep: Sweep, model: str, others: list[str]) -> Iterator[str]:
    columns = []
    for k_shot in sweep.shots:
        gains = [_gains(sweep, k_shot, model, name) for name in others]
        column = [_cell(*t_interval(gain), sign="+") for gain in gains]
        if _has_test(sweep):
            adjusted = holm([sign_flip_p(gain) for gain in gains])
            column = [f"{cell} (p {p:.3f})" for cell, p in zip(column, adjusted, strict=True)]
        columns.append(column)
    for name, cells in zip(others, zip(*columns, strict=True), strict=True):
        yield _line(name, cells)


def _gains(sweep: Sweep, k_shot: int, model: str, other: str) -> NDArray[np.float64]:
    values = sweep.values
    return np.subtract(values[k_shot, model, "target"], values[k_shot, other, "target"])


def _ratio(sweep: Sweep, k_shot: int, name: str) -> str:
    clip = np.mean(sweep.values[k_shot, "clip", "target"])
    return f"{np.mean(sweep.values[k_shot, name, 'target']) / clip:.2f}"


def _header(sweep: Sweep) -> list[str]:
    shots = " | ".join(f"K = {k_shot}" for k_shot in sweep.shots)
    return [f"| variant | {shots} |", "|---" * (1 + len(sweep.shots)) + "|"]


def _line(name: str, cells: Iterable[str]) -> str:
    return f"| `{name}` | {' | '.join(cells)} |"


def _cell(mean: float, half_width: float, *, sign: str = "") -> str:
    return f"{mean:{sign}.3f} ± {half_width:.3f}"


if __name__ == "__main__":
    with one_line_errors():
        if len(sys.argv) != 2:
            raise UserError("one word is needed: the data set's name; or run `make sweep`")
        main(sys.argv[1])
