"""The sweep's table: means, intervals and tests by hand; README and results agree with the CSV."""

import numpy as np
import pytest
from scipy import stats

from pipeline.sweep.rows import Row, read_rows, read_sweep_params, write_rows
from pipeline.sweep.table import collect, table
from tests.support.closure import ROOT
from xshot.retrieval.galleries import GALLERIES
from xshot.variants import VARIANTS

SEEDS = (1, 2, 3, 4)
CLIP = (0.30, 0.32, 0.34, 0.28)
MODEL = (0.40, 0.41, 0.45, 0.37)


def make_rows() -> list[Row]:
    return [
        Row("encoder", seed, 3, variant, system, gallery, "avg", "map", value)
        for variant, system, values in (("clip", "clip", CLIP), ("xshot", "model", MODEL))
        for gallery in GALLERIES
        for seed, value in zip(SEEDS, values, strict=True)
    ]


def test_rows_come_back(tmp_path):
    rows = make_rows()
    write_rows(tmp_path / "rows.csv", rows)
    assert read_rows(tmp_path / "rows.csv") == rows


def test_other_directions_and_metrics_stay_out_of_the_table():
    rows = [row._replace(direction="i2t") for row in make_rows()]
    assert collect(rows) == {}


def test_means_intervals_and_p_values():
    text = table(collect(make_rows()), ("clip", "xshot"), (3,), len(SEEDS))
    line = next(line for line in text.splitlines() if line.startswith("| `xshot`"))
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    gains = np.subtract(MODEL, CLIP)
    for cell, values, sign in ((cells[1], MODEL, ""), (cells[5], gains, "+")):
        half = stats.sem(values) * stats.t.ppf(0.975, len(SEEDS) - 1)
        assert cell == f"{np.mean(values):{sign}.3f} ± {half:.3f}"
    # All four differences are positive: only the two patterns of equal signs are as far from 0.
    assert float(cells[6]) == pytest.approx(2 / 2**4, abs=5e-4)


def test_the_committed_table_is_made_of_the_committed_csv():
    params = read_sweep_params(ROOT / "pipeline/sweep/params.yaml")
    rows = read_rows(ROOT / "results/sweep.csv")
    assert {row.seed for row in rows} == set(params.seeds)
    made = table(collect(rows), ("clip", *params.variants), params.shots, len(params.seeds))
    assert made == (ROOT / "results/table.md").read_text(encoding="utf-8")


def test_the_sweep_names_variants_that_exist():
    params = read_sweep_params(ROOT / "pipeline/sweep/params.yaml")
    assert {name.partition("/")[0] for name in params.variants} <= set(VARIANTS)
    assert {"flex_clip", "gcrdp", "flex_gcrdp", "xshot"} <= set(params.variants)
