"""Stage `evaluate` behind the real stages that feed it, on a few random rows."""

import contextlib
import json
import math
import shutil
import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image
from ruamel.yaml import YAML
from sklearn.metrics import average_precision_score

from tests.support.closure import ROOT
from tests.support.shipped import shipped
from xshot.episode.file import read_episode, read_heldout
from xshot.errors import UserError
from xshot.needs import write_needs
from xshot.projector.choice import Choice, Selection, Trial, write_selection
from xshot.retrieval.galleries import GALLERIES
from xshot.store.features import (
    ClassFeatures,
    EncoderRecord,
    Features,
    read_features,
    write_features,
)
from xshot.store.manifest import Manifest, read_manifest, write_manifest
from xshot.variants import VARIANTS

CLASSES = tuple(f"class {letter}" for letter in "abcdefgh")
ROWS_PER_CLASS = 12
DIMENSIONS = 16
OUTPUTS = ("metrics.json", "plots", "report")

CHOICE = Choice(5, 0.0)
TRIAL = Trial(CHOICE, dict.fromkeys(GALLERIES, 0.5), behind=0.0, error=0.0)
SELECTION = Selection(CHOICE, (TRIAL,))

SMALL = {
    "threads": 1,
    "device": "cpu",
    "vaegan": {"latent_dim": 4, "hidden": 8, "steps": 5},
    "projector": {"hidden": 8},
    "data": {"root": "pictures"},
    "evaluate": {"bootstrap": 100},
}


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def write_inputs(folder):
    rng = np.random.default_rng(0)
    of = np.repeat(np.arange(len(CLASSES)), ROWS_PER_CLASS)
    ids = tuple(f"row{number:03d}" for number in range(len(of)))
    manifest = Manifest(
        ids=ids,
        images=tuple(f"{row}.png" for row in ids),
        texts=tuple(f"text of {row}" for row in ids),
        labels=tuple((CLASSES[index],) for index in of),
        splits=tuple(
            "test" if number % ROWS_PER_CLASS < 5 else "train" for number in range(len(of))
        ),
    )
    write_manifest(folder / "data/manifest.parquet", manifest)
    (folder / "pictures").mkdir()
    for row in ids:
        picture = rng.integers(0, 256, (8, 8, 3), np.uint8)
        Image.fromarray(picture).save(folder / "pictures" / f"{row}.png")
    means = rng.normal(size=(len(CLASSES), DIMENSIONS))
    write_features(
        folder / "data/features.h5",
        Features(ids, *(unit(means[of] + rng.normal(size=(len(of), DIMENSIONS))) for _ in "it")),
        ClassFeatures(CLASSES, unit(means + rng.normal(size=means.shape))),
        EncoderRecord("one encoder", {}, ("{}",)),
    )


def write_params(folder, **changes):
    yaml = YAML()
    tree = shipped()
    for settings in (SMALL, changes):
        for key, value in settings.items():
            if isinstance(value, dict):
                tree[key].update(value)
            else:
                tree[key] = value
    yaml.dump(tree, folder / "params.yaml")


def run(folder, *stages):
    with contextlib.chdir(folder):
        for stage in stages:
            import_module(f"pipeline.{stage}").main()


def fit(folder, **changes):
    write_params(folder, **changes)
    write_selection(folder / "models/selection.json", SELECTION)
    variant = changes.get("model", {}).get("variant", "xshot")
    write_needs(folder / "models/needs.json", SELECTION.choice.parts_of(VARIANTS[variant]))
    run(folder, "episode", "fit_gmm", "train_vaegan", "synthesize", "train_projector")


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """A project in which everything but `evaluate` has run."""
    folder = tmp_path_factory.mktemp("fitted")
    write_inputs(folder)
    fit(folder)
    return folder


@pytest.fixture(scope="module")
def evaluated(fitted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluated") / "project"
    shutil.copytree(fitted, folder)
    run(folder, "evaluate")
    return folder


@pytest.fixture
def project(fitted, tmp_path):
    return Path(shutil.copytree(fitted, tmp_path / "project"))


def metrics_of(folder):
    return json.loads((folder / "metrics.json").read_text(), parse_constant=pytest.fail)


def leaves(tree, path=()):
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, key))
        else:
            yield ".".join((*path, key)), value


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for name in OUTPUTS
        for path in sorted([folder / name, *(folder / name).rglob("*")])
        if path.is_file()
    }


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


class TestTrainingRowsAnswer:
    def test_target_queries_rank_what_nobody_learned_from(self, project):
        write_params(project, evaluate={"gallery": "train"})
        run(project, "evaluate")
        heldout = read_heldout(project / "data/heldout.json")
        task = read_episode(project / "data/episode.json").task
        unseen = [row for row in heldout.train_target.ids if row not in task.support.ids]
        assert len(unseen) == 4 * 7 - len(task.support.ids)
        features = read_features(project / "data/features.h5", (*heldout.test_target.ids, *unseen))
        sides = (heldout.test_target, heldout.train_target)
        own = {
            row: names[0]
            for rows in sides
            for row, names in zip(rows.ids, rows.labels, strict=True)
        }
        names = np.array([own[row] for row in features.ids])
        n_test = len(heldout.test_target.ids)
        for direction, queries, items in (
            ("i2t", features.image, features.text),
            ("t2i", features.text, features.image),
        ):
            expected = [
                average_precision_score(names[n_test:] == names[row], items[n_test:] @ queries[row])
                for row in range(n_test)
            ]
            found = metrics_of(project)["clip"]["target"][direction]["map"]
            assert found == pytest.approx(np.mean(expected), abs=1e-5)
        assert metrics_of(project)["gallery"]["target"]["n_queries"] == n_test
        html = (project / "report/index.html").read_text()
        assert "Test rows ask, training rows answer" in html
        assert "<b>have been learned from</b>" in html

    def test_all_shots_leave_nothing_to_rank(self, project):
        write_params(project, model={"k_shot": "all"}, evaluate={"gallery": "train"})
        with pytest.raises(UserError, match=r"of which 'model\.k_shot' = 'all' leaves none"):
            run(project, "evaluate")


class TestTheModelToKeep:
    @pytest.fixture(scope="class")
    def kept(self, fitted, tmp_path_factory):
        folder = Path(shutil.copytree(fitted, tmp_path_factory.mktemp("kept") / "project"))
        fit(folder, model={"k_shot": "all"}, episode={"train_on": "all"})
        run(folder, "evaluate")
        return folder

    def test_every_row_is_learned_from(self, kept):
        task = read_episode(kept / "data/episode.json").task
        ids = {f"row{number:03d}" for number in range(len(CLASSES) * ROWS_PER_CLASS)}
        assert {*task.train.ids, *task.support.ids} == ids
        assert all(set(task.target).isdisjoint(labels) for labels in task.train.labels)
        heldout = read_heldout(kept / "data/heldout.json")
        assert heldout.test_source.ids == heldout.test_target.ids == ()

    def test_metrics_are_estimates_only(self, kept):
        tree = metrics_of(kept)
        assert list(tree) == ["estimate"]
        values = dict(leaves(tree))
        for name in ("clip.target.avg.map", "model.generalized.avg.map", "gain.source.map"):
            assert 0 <= abs(values[f"estimate.{name}"]) <= 1
        for name, value in values.items():
            assert math.isfinite(value), name
            assert round(value, 5) == value, name

    def test_raw_clip_is_that_of_the_pseudo_episodes(self, kept):
        expected = []
        for pseudo in read_episode(kept / "data/episode.json").pseudo_episodes:
            target = pseudo.heldout.test_target
            features = read_features(kept / "data/features.h5", target.ids)
            names = np.array([labels[0] for labels in target.labels])
            expected.append(
                np.mean(
                    [
                        average_precision_score(names == name, features.text @ query)
                        for query, name in zip(features.image, names, strict=True)
                    ]
                )
            )
        found = metrics_of(kept)["estimate"]["clip"]["target"]["i2t"]["map"]
        assert found == pytest.approx(np.mean(expected), abs=2e-5)

    def test_page_and_model_say_what_they_are(self, kept):
        html = (kept / "report/index.html").read_text()
        assert "Estimated, not measured." in html
        assert "test rows too" in html
        config = json.loads((kept / "models/projector/config.json").read_text())
        assert config["provenance"]["train_on"] == "all"


def test_named_classes_without_test_rows_are_estimated(project):
    manifest = read_manifest(project / "data/manifest.parquet")
    splits = [
        "train" if own == (CLASSES[0],) else split
        for own, split in zip(manifest.labels, manifest.splits, strict=True)
    ]
    write_manifest(project / "data/manifest.parquet", replace(manifest, splits=splits))
    fit(project, episode={"target": [CLASSES[0]]})
    run(project, "evaluate")
    assert list(metrics_of(project)) == ["estimate"]
    assert "No target class\nhas a test row" in (project / "report/index.html").read_text()
