import json
import math

import numpy as np
import pytest

from tests.retrieval.oracles import random_labels
from tests.retrieval.systems import N_CLASSES, N_ROWS, TARGET, embed
from xshot.retrieval.chance import chance_ap
from xshot.retrieval.galleries import DIRECTIONS, GALLERIES, Embeddings
from xshot.retrieval.metrics import mean_metrics
from xshot.retrieval.tree import evaluate_systems

METRICS = {"map", "map_at_50", "recall_at_1", "recall_at_5", "recall_at_10"}


@pytest.fixture
def labels():
    return random_labels(np.random.default_rng(0), N_ROWS, N_CLASSES)


@pytest.fixture
def systems(labels):
    rng = np.random.default_rng(1)
    return {"clip": embed(rng, labels, 0.5), "model": embed(rng, labels, 1.5)}


@pytest.fixture
def evaluation(systems, labels):
    rng = np.random.default_rng(2)
    return evaluate_systems(systems, labels, TARGET, resamples=200, rng=rng)


def leaves(tree, path=()):
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, name))
        else:
            yield (*path, name), value


def test_the_tree_has_these_leaves_and_no_others(evaluation):
    expected = {("gallery", g, fact) for g in GALLERIES for fact in ("n_queries", "n_skipped")}
    expected |= {("gallery", gallery, "chance") for gallery in GALLERIES}
    expected |= {("gain", gallery, leaf) for gallery in GALLERIES for leaf in ("map", "ci95")}
    for system in ("clip", "model"):
        expected |= {(system, "harmonic", leaf) for leaf in ("map", "ci95")}
        expected |= {
            (system, gallery, direction, metric)
            for gallery in GALLERIES
            for direction in (*DIRECTIONS, "avg")
            for metric in METRICS | {"ci95"}
        }
    assert {path for path, _ in leaves(evaluation.metrics)} == expected


def test_leaves_are_finite_scalars_of_five_digits(evaluation):
    for path, value in leaves(json.loads(json.dumps(evaluation.metrics))):
        assert math.isfinite(value), path
        assert value == round(value, 5), path


def test_derived_leaves_follow_from_the_directions(evaluation):
    tree, near = evaluation.metrics, 1e-5
    for system in ("clip", "model"):
        for gallery in GALLERIES:
            i2t, t2i, avg = (tree[system][gallery][name] for name in (*DIRECTIONS, "avg"))
            for metric in METRICS:
                assert avg[metric] == pytest.approx((i2t[metric] + t2i[metric]) / 2, abs=near)
        target, source = (
            tree[system][name]["avg"]["map"] for name in ("generalized", "generalized_source")
        )
        harmonic = 2 / (1 / target + 1 / source)
        assert tree[system]["harmonic"]["map"] == pytest.approx(harmonic, abs=near)
    for gallery in GALLERIES:
        gain = tree["model"][gallery]["avg"]["map"] - tree["clip"][gallery]["avg"]["map"]
        assert tree["gain"][gallery]["map"] == pytest.approx(gain, abs=2 * near)


def test_scores_lie_behind_the_tree(evaluation):
    for (system, gallery, direction), scores in evaluation.scores.items():
        assert len(scores.ap) == len(evaluation.galleries[gallery].queries[direction])
        for metric, value in mean_metrics(scores).items():
            leaf = evaluation.metrics[system][gallery][direction][metric]
            assert leaf == pytest.approx(value, abs=1e-5)


def test_gallery_facts(evaluation, labels):
    rows = np.flatnonzero(labels[:, TARGET].any(axis=1))
    n_relevant = (labels[rows].astype(int) @ labels.T).sum(axis=1)
    facts = evaluation.metrics["gallery"]["generalized"]
    assert facts["n_queries"] == len(rows)
    assert facts["n_skipped"] == 0
    assert facts["chance"] == pytest.approx(chance_ap(n_relevant, N_ROWS).mean(), abs=1e-5)


def test_intervals_equal_naive_resampling_of_pairs(evaluation):
    """Target pairs are drawn first, then source pairs; systems and directions share the draw."""
    rng = np.random.default_rng(2)
    replicates = {}
    for names in (("target", "generalized"), ("source", "generalized_source")):
        n_pairs = len(evaluation.galleries[names[0]].queries["i2t"])
        draws = [rng.integers(n_pairs, size=n_pairs) for _ in range(200)]
        for (system, gallery, direction), scores in evaluation.scores.items():
            if gallery in names:
                means = np.array([scores.ap[drawn].mean() for drawn in draws])
                replicates[system, gallery, direction] = means

    def half_width(values):
        low, high = np.percentile(values, [2.5, 97.5])
        return pytest.approx((high - low) / 2, abs=6e-6)

    def average(system, gallery):
        return sum(replicates[system, gallery, direction] for direction in DIRECTIONS) / 2

    tree = evaluation.metrics
    for system, gallery, direction in replicates:
        expected = half_width(replicates[system, gallery, direction])
        assert tree[system][gallery][direction]["ci95"] == expected
        assert tree[system][gallery]["avg"]["ci95"] == half_width(average(system, gallery))
        gain = average("model", gallery) - average("clip", gallery)
        assert tree["gain"][gallery]["ci95"] == half_width(gain)
    target, source = average("clip", "generalized"), average("clip", "generalized_source")
    harmonic = 2 * target * source / (target + source)
    assert tree["clip"]["harmonic"]["ci95"] == half_width(harmonic)


def test_same_seed_same_tree(systems, labels, evaluation):
    rng = np.random.default_rng(2)
    again = evaluate_systems(systems, labels, TARGET, threads=2, resamples=200, rng=rng)
    assert json.dumps(again.metrics) == json.dumps(evaluation.metrics)


def test_one_system_without_intervals(systems, labels, evaluation):
    alone = evaluate_systems({"model": systems["model"]}, labels, TARGET).metrics
    assert set(alone) == {"gallery", "model"}
    assert not any(path[-1] == "ci95" for path, _ in leaves(alone))
    for path, value in leaves(evaluation.metrics["model"]):
        if path[-1] != "ci95":
            assert dict(leaves(alone["model"]))[path] == value


def test_equal_systems_gain_nothing(systems, labels):
    same = {"clip": systems["model"], "model": systems["model"]}
    rng = np.random.default_rng(0)
    gain = evaluate_systems(same, labels, TARGET, resamples=100, rng=rng).metrics["gain"]
    assert {value for _, value in leaves(gain)} == {0.0}


def test_a_loss_too_small_to_show_is_plain_0():
    """It would be written as -0.0."""
    rng = np.random.default_rng(0)
    labels = random_labels(rng, 300, N_CLASSES)
    clip = embed(rng, labels, 0.5)
    moved = clip.text.copy()
    moved[0] = moved[0] + np.float32(2e-3) * moved[1]
    model = Embeddings(clip.image, moved)
    for systems in ({"clip": clip, "model": model}, {"clip": model, "model": clip}):
        evaluation = evaluate_systems(systems, labels, TARGET)
        scores = [evaluation.scores[system, "generalized", "i2t"] for system in ("clip", "model")]
        assert 0 < abs(mean_metrics(scores[1])["map"] - mean_metrics(scores[0])["map"]) < 5e-6
        assert str(evaluation.metrics["gain"]["generalized"]["map"]) == "0.0"


def test_unlabelled_rows_are_skipped_and_counted(systems, labels):
    labels[:3] = False
    tree = evaluate_systems(
        systems, labels, TARGET, resamples=100, rng=np.random.default_rng(0)
    ).metrics
    assert tree["gallery"]["source"]["n_skipped"] == 3
    assert tree["gallery"]["generalized_source"]["n_skipped"] == 3
    assert tree["gallery"]["target"]["n_skipped"] == 0


@pytest.mark.parametrize("n_target", [0, N_CLASSES])
def test_an_empty_gallery_scores_0(systems, labels, n_target):
    tree = evaluate_systems(
        systems, labels, np.arange(N_CLASSES) < n_target, resamples=100,
        rng=np.random.default_rng(0),
    ).metrics  # fmt: skip
    empty = "source" if n_target else "target"
    assert tree["gallery"][empty] == {"n_queries": 0, "n_skipped": 0, "chance": 0.0}
    assert all(math.isfinite(value) for _, value in leaves(tree))
    assert tree["model"][empty]["avg"]["map"] == tree["model"]["harmonic"]["map"] == 0.0


def test_resamples_need_a_generator(systems, labels):
    with pytest.raises(ValueError, match="random generator"):
        evaluate_systems(systems, labels, TARGET, resamples=100)
