"""A cell of the sweep is what the stages give."""

import json

import pytest

from pipeline.sweep.rows import read_rows
from xshot.retrieval.galleries import GALLERIES


@pytest.fixture
def one_variant(finished):
    """The small clone with the default variant alone in its sweep."""
    params = finished.path / "pipeline/sweep/params.yaml"
    original = params.read_text()
    params.write_text(
        "seeds: [0, 1]\nshots: [3]\nvariants: [xshot]\ngenerators: {seeds: [0], shots: [3]}\n"
        "suggest: {seeds: [0], shots: [3], variants: [xshot]}\n"
    )
    yield finished
    params.write_text(original)


def test_a_cell_equals_the_metrics_of_the_pipeline(one_variant):
    metrics = json.loads((one_variant.path / "metrics.json").read_text())
    one_variant.python("-m", "pipeline.sweep.cell", "0", "3")
    rows = read_rows(one_variant.path / "data/sweep/0-3.csv")
    assert {row.variant for row in rows} == {"clip", "xshot"}
    assert {row.gallery for row in rows} == set(GALLERIES)
    for row in rows:
        system = "clip" if row.variant == "clip" else "model"
        assert row.value == metrics[system][row.gallery][row.direction]["map"], row


def test_an_absent_cell_is_one_line(one_variant):
    done = one_variant.python("-m", "pipeline.sweep.table", "raw", check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "make sweep" in done.stderr
