"""The sweep's table: means, intervals and tests by hand; README and results agree with the CSV."""

import numpy as np
import pytest
from scipy import stats

from pipeline.sweep.rows import Row, read_rows, read_sweep_params, write_rows
from pipeline.sweep.table import collect, picture, table
from tests.support.closure import ROOT
from xshot.errors import UserError
from xshot.retrieval.galleries import GALLERIES
from xshot.variants import VARIANTS

SEEDS = (1, 2, 3, 4, 5, 6, 7)
CLIP = (0.30, 0.32, 0.34, 0.28, 0.31, 0.33, 0.29)
MODEL = (0.40, 0.41, 0.45, 0.37, 0.39, 0.44, 0.42)


def make_rows() -> list[Row]:
    return [
        Row(seed, 3, variant, gallery, "avg", value)
        for variant, values in (("clip", CLIP), ("xshot", MODEL))
        for gallery in GALLERIES
        for seed, value in zip(SEEDS, values, strict=True)
    ]


def test_rows_come_back(tmp_path):
    rows = make_rows()
    write_rows(tmp_path / "rows.csv", rows)
    assert read_rows(tmp_path / "rows.csv") == rows


def test_single_directions_stay_out_of_the_table():
    rows = [row._replace(direction="i2t") for row in make_rows()]
    assert collect(rows).values == {}


def test_a_sweep_of_few_variants_compares_what_it_has():
    """Neither `flex_gcrdp` nor an ablation is there."""
    sweep = collect(make_rows())
    assert (sweep.seeds, sweep.shots, sweep.variants) == (SEEDS, (3,), ("clip", "xshot"))
    text = table(sweep)
    assert "`xshot` minus each" in text
    assert "`flex_gcrdp` minus each" not in text
    assert picture(sweep).startswith("<?xml")


def test_means_intervals_ratios_and_p_values():
    papers = [row._replace(variant="flex_gcrdp") for row in make_rows() if row.variant == "clip"]
    ratios, xshot, _, galleries = table(collect(make_rows() + papers)).split("\n## ")[1:]
    assert line_of("xshot", ratios) == [f"{np.mean(MODEL) / np.mean(CLIP):.2f}"]
    for cell in line_of("xshot", galleries):
        assert cell == with_interval(MODEL)
    # All seven differences are positive: only the two patterns of equal signs are as far from 0.
    adjusted = 2 * 2 / 2**7
    (cell,) = line_of("clip", xshot)
    assert cell == f"{with_interval(np.subtract(MODEL, CLIP), '+')} (p {adjusted:.3f})"


def test_where_no_difference_could_be_significant_no_test_is_shown():
    few = [row for row in make_rows() if row.seed <= 5]
    _, xshot, _ = table(collect(few)).split("\n## ")[1:]
    assert "(p " not in xshot
    (cell,) = line_of("clip", xshot)
    assert cell == with_interval(np.subtract(MODEL, CLIP)[:5], "+")


def with_interval(values, sign: str = "") -> str:
    half = stats.sem(values) * stats.t.ppf(0.975, len(values) - 1)
    return f"{np.mean(values):{sign}.3f} ± {half:.3f}"


def line_of(variant: str, section: str) -> list[str]:
    line = next(line for line in section.splitlines() if line.startswith(f"| `{variant}`"))
    return [cell.strip() for cell in line.strip("|").split("|")[1:]]


@pytest.mark.parametrize(
    "folder", sorted(path.parent for path in (ROOT / "results").rglob("sweep.csv"))
)
def test_the_committed_results_are_made_of_the_committed_csv(folder):
    sweep = collect(read_rows(folder / "sweep.csv"))
    assert table(sweep) == (folder / "table.md").read_text(encoding="utf-8")
    assert picture(sweep) == (folder / "map_vs_k.svg").read_text(encoding="utf-8")


def test_an_unknown_variant_is_one_line(tmp_path):
    text = (ROOT / "pipeline/sweep/params.yaml").read_text(encoding="utf-8")
    (tmp_path / "params.yaml").write_text(text.replace("- gcrdp\n", "- gcrpd\n"))
    with pytest.raises(UserError, match=r"'gcrpd'.*unknown variant"):
        read_sweep_params(tmp_path / "params.yaml")


def test_the_sweep_has_every_variant():
    params = read_sweep_params(ROOT / "pipeline/sweep/params.yaml")
    names = {name.partition("/")[0] for name in params.variants}
    assert names == set(VARIANTS) - {"clip"}  # raw CLIP is a row of each
    assert "flex_clip/random" in params.variants
