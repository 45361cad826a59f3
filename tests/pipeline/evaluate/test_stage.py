"""Stage `evaluate` behind the real stages that feed it, on a few random rows."""

import math
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from tests.pipeline.evaluate.inputs import (
    OUTPUTS,
    files,
    fit,
    leaves,
    metrics_of,
    run,
    write_params,
)
from tests.support.closure import ROOT
from xshot.episode.file import read_episode, read_heldout
from xshot.errors import UserError
from xshot.projector.choice import Choice, Selection, write_selection
from xshot.store.features import (
    read_features,
)


def test_the_outputs_are_those_that_dvc_knows(evaluated):
    assert list(files(evaluated)) == [
        "metrics.json",
        "plots/class_ap.csv",
        "plots/gates.csv",
        "plots/precision_recall.csv",
        "report/index.html",
    ]
    assert not list(evaluated.rglob("*.partial"))


def test_metrics_are_rounded_scalars_and_hold_what_every_run_promises(evaluated):
    values = dict(leaves(metrics_of(evaluated)))
    for name, value in values.items():
        assert isinstance(value, int | float), name
        assert math.isfinite(value), name
        assert round(value, 5) == value, name
    for name in (
        "clip.target.avg.map",
        "model.target.avg.map",
        "gain.target.map",
        "gain.target.ci95",
    ):
        assert name in values
    difference = values["model.target.avg.map"] - values["clip.target.avg.map"]
    assert values["gain.target.map"] == pytest.approx(difference, abs=2e-5)


def test_raw_clip_is_judged_on_the_held_out_target_rows(evaluated):
    """By scikit-learn, from the files alone."""
    target = read_heldout(evaluated / "data/heldout.json").test_target
    features = read_features(evaluated / "data/features.h5", target.ids)
    names = np.array([labels[0] for labels in target.labels])
    for direction, queries, items in (
        ("i2t", features.image, features.text),
        ("t2i", features.text, features.image),
    ):
        expected = [
            average_precision_score(names == name, items @ query)
            for query, name in zip(queries, names, strict=True)
        ]
        found = metrics_of(evaluated)["clip"]["target"][direction]["map"]
        assert found == pytest.approx(np.mean(expected), abs=1e-5)


def test_a_second_run_gives_the_same_bytes(evaluated, project):
    run(project, "evaluate")
    assert files(project) == files(evaluated)
    run(project, "evaluate")
    assert files(project) == files(evaluated)


def test_the_page_shows_the_episode_and_the_metrics(evaluated):
    html = (evaluated / "report/index.html").read_text()
    episode = read_episode(evaluated / "data/episode.json")
    gain = metrics_of(evaluated)["gain"]["target"]
    assert f"K = {episode.k_shot}" in html
    assert f"{len(episode.task.source)} source and {len(episode.task.target)} target" in html
    assert f"{gain['map']:+.3f} ± {gain['ci95']:.3f}" in html
    assert "among the source classes: <b>projection of 5 steps, generation + class" in html
    assert 'aria-label="train_vaegan: reconstruction' in html
    assert 'aria-label="train_projector: classification' in html
    assert 'alt="text of row' in html
    assert str(evaluated) not in html


def test_the_variant_clip_gains_nothing_and_says_what_it_lacks(project):
    fit(project, model={"variant": "clip"})
    write_selection(project / "models/selection.json", Selection(Choice(0, 0.0, joined=False)))
    run(project, "evaluate")
    values = dict(leaves(metrics_of(project)))
    for name, value in values.items():
        if name.startswith("gain."):
            assert value == 0, name
        if name.startswith("model."):
            assert value == values[name.replace("model.", "clip.", 1)], name
    html = (project / "report/index.html").read_text()
    assert "has no gate" in html
    assert "generates no features" in html
    assert "Chosen on pseudo-episodes" not in html
    assert (project / "plots/gates.csv").read_text().count("\n") == 1


@pytest.mark.parametrize(
    ("variant", "chosen"),
    [("gcrdp", "projection of 5 steps"), ("posterior", "centred + class posterior")],
)
def test_a_variant_names_what_was_chosen_for_it(project, variant, chosen):
    fit(project, model={"variant": variant})
    run(project, "evaluate")
    assert f"the source classes: <b>{chosen}</b>" in (project / "report/index.html").read_text()


def test_without_bootstrap_there_is_no_interval(project):
    write_params(project, evaluate={"bootstrap": 0})
    run(project, "evaluate")
    assert not [name for name, _ in leaves(metrics_of(project)) if name.endswith("ci95")]


def test_lost_pictures_do_not_cost_the_evaluation(project, evaluated):
    shutil.rmtree(project / "pictures")
    run(project, "evaluate")
    assert metrics_of(project) == metrics_of(evaluated)
    assert "picture not readable" in (project / "report/index.html").read_text()


def test_features_of_another_encoder_are_refused(project):
    path = project / "data/features.h5"
    with h5py.File(path, "r+") as file:
        file.attrs["encoder_fingerprint"] = "another encoder"
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.evaluate"],
        cwd=project,
        env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "another encoder than data/features.h5 holds" in done.stderr
    assert "dvc repro train_projector" in done.stderr
    assert not any((project / name).exists() for name in OUTPUTS)


def test_a_model_of_other_training_rows_is_refused(project):
    write_params(project, model={"k_shot": 1})
    run(project, "episode")
    with pytest.raises(UserError, match=r"models/projector: trained on other rows; run `dvc repro"):
        run(project, "evaluate")


@pytest.mark.parametrize(
    ("path", "stage"),
    [
        ("data/manifest.parquet", "prepare"),
        ("data/features.h5", "extract"),
        ("data/episode.json", "episode"),
        ("data/heldout.json", "episode"),
        ("data/pseudo.h5", "synthesize"),
        ("models/selection.json", "select"),
        ("models/projector/config.json", "train_projector"),
    ],
)
def test_a_missing_input_names_the_stage_that_makes_it(project, path, stage):
    (project / path).unlink()
    with pytest.raises(UserError, match=rf"{Path(path).name}.*dvc repro {stage}"):
        run(project, "evaluate")
    assert not any((project / name).exists() for name in OUTPUTS)
