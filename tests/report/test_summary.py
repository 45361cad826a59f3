"""The summary shows the numbers of the tree and nothing else."""

import json
import re

import pytest

from xshot.errors import UserError
from xshot.report import summary
from xshot.retrieval.galleries import GALLERIES

METRICS = {
    "clip": {name: {"avg": {"map": 0.25}} for name in GALLERIES},
    "model": {name: {"avg": {"map": 0.5 + place / 100}} for place, name in enumerate(GALLERIES)},
    "gain": {name: {"map": 0.25, "ci95": 0.03125} for name in GALLERIES},
    "gallery": {name: {"chance": 0.0625} for name in GALLERIES},
}


def test_each_gallery_has_its_line():
    lines = summary.summarise(METRICS).splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(GALLERIES)
    numbers = re.findall(r"[-+]?\d+\.\d+", lines[2])
    assert numbers == ["0.062", "0.250", "0.510", "+0.250", "0.031"]


def test_without_intervals_there_is_none():
    bare = {**METRICS, "gain": {name: {"map": -0.125} for name in GALLERIES}}
    assert "±" not in summary.summarise(bare)
    assert "-0.125" in summary.summarise(bare)


def test_it_reads_metrics_json(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "metrics.json").write_text(json.dumps(METRICS))
    summary.main()
    assert summary.summarise(METRICS) in capsys.readouterr().out


def test_no_metrics_is_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="dvc repro"):
        summary.main()
