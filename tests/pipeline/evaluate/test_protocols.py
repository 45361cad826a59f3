"""What answers, and what is estimated where nothing is left to measure on."""

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from tests.pipeline.evaluate.inputs import (
    CLASSES,
    ROWS_PER_CLASS,
    fit,
    leaves,
    metrics_of,
    run,
    write_params,
)
from xshot.episode.file import read_episode, read_heldout
from xshot.errors import UserError
from xshot.store.features import (
    read_features,
)
from xshot.store.manifest import read_manifest, write_manifest


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
