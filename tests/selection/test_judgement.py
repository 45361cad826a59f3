"""What a class adds to an mAP, and the error of a difference of two."""

import numpy as np
import pytest

from xshot.projector.choice import Choice
from xshot.retrieval.tree import evaluate_systems
from xshot.selection.judgement import (
    Judgement,
    balance,
    criterion,
    judge,
    most_lost,
    standard_error,
)
from xshot.variants import VARIANTS


@pytest.fixture
def embeddings(bench, settings):
    made = bench()
    return made, made.embed(made.embedder(VARIANTS["centred_clip"], settings, Choice(0, 0.0)))


def test_shares_add_up_to_the_map_of_every_gallery(embeddings):
    bench, own = embeddings
    tree = evaluate_systems({"m": own}, bench.heldout_labels(), bench.task.is_target).metrics["m"]
    for name, value in judge(bench, own).maps.items():
        assert value == pytest.approx(tree[name]["avg"]["map"], abs=1e-5)


def test_queries_of_target_classes_add_nothing_to_the_source_gallery(embeddings):
    bench, own = embeddings
    target, source = judge(bench, own).shares[:2]
    assert not target[~bench.task.is_target].any()
    assert not source[bench.task.is_target].any()


def test_criterion_and_balance_weigh_the_galleries():
    one = Judgement(np.diag([0.1, 0.2, 0.3, 0.4]))
    assert criterion([one]) == pytest.approx(0.25)
    assert balance([one]) == pytest.approx(0.2 + 0.3)
    assert criterion([one, Judgement(one.shares / 2)]) == pytest.approx(0.1875)


def test_what_is_most_lost_is_that_of_one_gallery_in_the_mean_of_pseudo_episodes():
    one = Judgement(np.diag([0.1, 0.2, 0.3, 0.4]))
    other = Judgement(np.diag([0.1, 0.1, 0.35, 0.4]))
    assert most_lost([one], [other]) == pytest.approx(0.05)
    assert most_lost([one, one], [other, one]) == pytest.approx(0.025)
    assert most_lost([one], [one]) == 0


def test_the_error_is_that_of_a_sum_over_classes():
    rng = np.random.default_rng(3)
    one, other = (Judgement(rng.random((4, 6)) / 6) for _ in range(2))
    gaps = (one.shares - other.shares).mean(axis=0)
    expected = np.sqrt(len(gaps)) * gaps.std(ddof=1)
    assert standard_error([one], [other]) == pytest.approx(expected)
    assert standard_error([one] * 4, [other] * 4) == pytest.approx(expected / 2)
    assert standard_error([one], [one]) == 0


def test_absent_classes_do_not_count():
    shares = np.array([[0.1, 0.3, 0.0, 0.0]] * 4)
    one, other = Judgement(shares), Judgement(shares / 2)
    without = Judgement(shares[:, :2]), Judgement(shares[:, :2] / 2)
    assert standard_error([one], [other]) == standard_error([without[0]], [without[1]])
