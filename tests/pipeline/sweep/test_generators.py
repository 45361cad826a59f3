"""The comparison of generators: by hand, from the committed CSV, and run for real."""

import csv
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML
from scipy import stats

from pipeline.sweep.generators import GENERATORS, Measure, main
from pipeline.sweep.generators_table import COLUMNS, table
from pipeline.sweep.rows import PARAMS
from tests.support.closure import ROOT
from tests.support.workspace import SMALL

NONE, OURS = (0.30, 0.34, 0.26), (0.33, 0.36, 0.30)


def read_measures(path) -> list[Measure]:
    with path.open(newline="", encoding="utf-8") as file:
        return [
            Measure(
                int(row["seed"]),
                int(row["k_shot"]),
                int(row["draw"]),
                row["generator"],
                row["modality"],
                row["measure"],
                float(row["value"]),
            )
            for row in csv.DictReader(file)
        ]


def made_up() -> list[Measure]:
    retrieval = [
        Measure(seed, 1, 0, name, "both", gallery, value)
        for name, values in (("none", NONE), ("ours", OURS))
        for gallery in ("target", "generalized")
        for seed, value in enumerate(values)
    ]
    quality = [
        Measure(seed, 1, 0, "ours", modality, measure, 0.1 * seed)
        for modality in ("image", "text")
        for measure in (*COLUMNS, "frechet_interval_low", "frechet_interval_high")
        for seed in range(3)
    ]
    return retrieval + quality


def test_means_and_paired_gains():
    lines = table(made_up()).splitlines()
    gains = np.subtract(OURS, NONE)
    half = stats.sem(gains) * stats.t.ppf(0.975, 2)
    assert f"| none | {np.mean(NONE):.3f} | {np.mean(NONE):.3f} |" in lines
    assert "| ours | " + " | ".join([f"{gains.mean():+.3f} ± {half:.3f}"] * 2) + " |" in lines
    assert lines.count("| ours | 0.100 [0.100, 0.100] |" + " 0.100 |" * 5) == 2


def test_the_committed_table_is_made_of_the_committed_csv():
    made = table(read_measures(ROOT / "results/generators.csv"))
    assert made == (ROOT / "results/generators.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_every_generator_is_measured_the_same_way_each_time(stage_folder, set_params):
    set_params(**SMALL)
    tree = YAML(typ="safe", pure=True).load(ROOT / PARAMS)
    PARAMS.parent.mkdir(parents=True)
    YAML().dump(tree | {"generators": {"seeds": [0], "shots": [1]}}, PARAMS)
    results = Path("results")
    main(results)
    first = (results / "generators.csv").read_bytes()
    measures = read_measures(results / "generators.csv")
    assert {row.generator for row in measures} == set(GENERATORS)
    assert all(np.isfinite(row.value) for row in measures)
    main(results)
    assert (results / "generators.csv").read_bytes() == first
