"""The caching promise: a stage runs when its own inputs change, and only then.

One small clone of the repository, real DVC, real stages. The default run proves the main promises;
the table over all sections is `slow`.
"""

import hashlib
import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from ruamel.yaml import YAML

from tests.support.workspace import Workspace

PREPARED = ["prepare", "extract"]
LEARNED = ["select", "fit_gmm", "train_vaegan", "synthesize", "train_projector"]
STAGES = [*PREPARED, "episode", *LEARNED, "evaluate"]

AFTER_EPISODE = [*LEARNED, "evaluate"]

# By param: the stages that may run again, and a new value. A stage that writes the same bytes as
# before stops the chain: with clip.batch_size, `extract` gives the same features and nothing after
# it runs; with gmm.dimensions, a chosen model without a mixture stays as it is. `select` trains
# whole models, so it reads their params too.
RE_RUN_BY = {
    "seed": (["episode", *AFTER_EPISODE], 1),
    "data.max_rejected": (["extract"], 3),
    "data.test_fraction": (STAGES, 0.35),
    "clip.batch_size": (["extract"], 7),
    "clip.templates": (["extract", "episode", *AFTER_EPISODE], ["{}"]),
    "episode.pseudo_fraction": (["episode", *AFTER_EPISODE], 0.7),
    "model.k_shot": (["episode", *AFTER_EPISODE], 1),
    "model.variant": (AFTER_EPISODE, "flex_clip"),
    "gmm.dimensions": (AFTER_EPISODE, 4),
    "vaegan.steps": (["select", "train_vaegan", "synthesize", "train_projector", "evaluate"], 4),
    "synthesize.pairs_per_class": (["select", "synthesize", "train_projector", "evaluate"], 6),
    "projector.lr": (["select", "train_projector", "evaluate"], 0.002),
    "select.steps": (["select", "train_projector", "evaluate"], [4]),
    "evaluate.bootstrap": (["evaluate"], 150),
}


def outputs(workspace: Workspace) -> dict[str, str]:
    """Hash of every file that the stages wrote."""
    roots = ("data", "models", "plots", "report", "metrics.json")
    files = [file for root in roots for file in _files(workspace.path / root)]
    return {
        file.relative_to(workspace.path).as_posix(): hashlib.md5(file.read_bytes()).hexdigest()
        for file in files
    }


def readers(workspace: Workspace, key: str) -> set[str]:
    """The stages that read a param: those run again whatever became of the others."""
    stages = YAML(typ="safe", pure=True).load(workspace.path / "dvc.yaml")["stages"]
    names = {key, key.partition(".")[0]}
    return {stage for stage, own in stages.items() if names & set(own.get("params", []))}


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(f for f in path.rglob("*") if f.is_file())


def test_the_whole_pipeline_runs_and_runs_once(finished):
    metrics = json.loads((finished.path / "metrics.json").read_text())
    for system in ("clip", "model"):
        assert 0 < metrics[system]["target"]["avg"]["map"] <= 1
    assert finished.repro() == []


def test_another_k_leaves_features_alone_and_going_back_costs_nothing(finished):
    before = outputs(finished)
    finished.set(model__k_shot=1)
    ran = finished.repro()
    assert not set(ran) & set(PREPARED)
    assert ran[0] == "episode"
    assert outputs(finished)["data/features.h5"] == before["data/features.h5"]
    assert outputs(finished)["metrics.json"] != before["metrics.json"]
    finished.set(model__k_shot=3)
    assert "Running stage" not in finished.dvc("repro").stdout
    assert outputs(finished) == before


def test_noise_in_place_of_the_test_rows_reaches_no_stage_but_evaluate(finished):
    """Training cannot see test rows: with noise in their place, it gives the same bytes."""
    heldout = json.loads((finished.path / "data/heldout.json").read_text())
    tests = {*heldout["test_source"], *heldout["test_target"]}
    learned = {name: digest for name, digest in outputs(finished).items() if _is_learned(name)}
    assert any(name.startswith("models/projector/") for name in learned)
    features = finished.path / "data/features.h5"
    untouched = features.read_bytes()
    features.unlink()  # DVC may have linked it to its cache
    features.write_bytes(untouched)
    rng = np.random.default_rng(0)
    with h5py.File(features, "r+") as file:
        rows = [i for i, row in enumerate(file["index/id"].asstr()[:]) if row in tests]
        assert rows
        for name in ("image/features", "text/features"):
            noise = rng.normal(size=(len(rows), file[name].shape[1])).astype(np.float32)
            matrix = file[name][:]
            matrix[rows] = noise / np.linalg.norm(noise, axis=1, keepdims=True)
            file[name][:] = matrix
    try:
        for stage in ("episode", *LEARNED):
            finished.python("-m", f"pipeline.{stage}")
        after = {name: digest for name, digest in outputs(finished).items() if _is_learned(name)}
        assert after == learned
    finally:
        features.write_bytes(untouched)


def _is_learned(name: str) -> bool:
    return name.startswith("models/") or name in ("data/episode.json", "data/pseudo.h5")


@pytest.mark.slow
def test_exp_run_changes_only_what_follows_the_episode(finished):
    rate = finished.get("projector.lr")
    done = finished.dvc("exp", "run", "-S", "model.k_shot=0", "-S", "projector.lr=0.00001")
    assert "Running stage 'episode'" in done.stdout
    assert "Running stage 'prepare'" not in done.stdout
    assert "Running stage 'extract'" not in done.stdout
    assert finished.get("projector.lr") == 1e-5
    shown = json.loads(finished.dvc("exp", "show", "--json").stdout)
    assert shown
    finished.set(model__k_shot=3, projector__lr=rate)
    finished.repro()


@pytest.mark.slow
def test_each_param_re_runs_its_stage_and_what_follows(finished):
    before = outputs(finished)
    for key, (expected, value) in RE_RUN_BY.items():
        original = finished.get(key)
        assert value != original, key
        finished.set(**{key.replace(".", "__"): value})
        ran = finished.repro()
        # DVC is free to order stages that do not feed each other.
        assert readers(finished, key) <= set(ran) <= set(expected), key
        finished.set(**{key.replace(".", "__"): original})
        told = finished.dvc("repro").stdout
        # `prepare` looks at what it wrote before, which keeps DVC from restoring it: it runs again.
        anew = [line for line in told.splitlines() if line.startswith("Running stage '")]
        assert anew == (["Running stage 'prepare':"] if "prepare" in expected else []), key
        assert outputs(finished) == before, key


@pytest.mark.slow
def test_two_forced_runs_give_the_same_bytes(finished):
    before = outputs(finished)
    assert sorted(finished.repro("--force")) == sorted(STAGES)
    assert outputs(finished) == before


@pytest.mark.slow
def test_a_line_in_the_projector_re_runs_only_the_stages_that_import_it(finished):
    """`select` is among them; what it chooses stays the same, so the VAE-GAN is left alone."""
    code = finished.path / "src/xshot/projector/params.py"
    original = code.read_text()
    code.write_text(original + "# a line\n")
    assert set(finished.repro()) == {"select", "train_projector", "evaluate"}
    code.write_text(original)
    finished.repro()
