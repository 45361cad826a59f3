import numpy as np
import pytest

from tests.report.outcomes import make_outcome
from xshot.report.gallery import ANSWERS, PER_PLACE, PLACES, choose_examples

DIRECTIONS = ("i2t", "t2i")


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_answers_are_the_head_of_a_stable_argsort(direction):
    outcome = make_outcome(several_labels=True)
    sides = ("image", "text") if direction == "i2t" else ("text", "image")
    for example in choose_examples(outcome, direction):
        assert outcome.labels[example.row, outcome.is_target].any()  # a target query
        for system, answers in example.answers.items():
            asking, answering = (getattr(outcome.systems[system], side) for side in sides)
            order = np.argsort(-(answering @ asking[example.row]), kind="stable")[:ANSWERS]
            assert [answer.row for answer in answers] == order.tolist()
            shared = (outcome.labels[order] & outcome.labels[example.row]).any(axis=1)
            assert [answer.right for answer in answers] == shared.tolist()


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_examples_go_from_the_largest_gain_to_the_smallest(direction, outcome):
    gallery = outcome.evaluation.galleries["generalized"]
    of = {s: outcome.evaluation.scores[s, "generalized", direction] for s in ("clip", "model")}
    gains = dict(
        zip(gallery.queries[direction].tolist(), of["model"].ap - of["clip"].ap, strict=True)
    )
    examples = choose_examples(outcome, direction)
    for example in examples:
        assert example.ap["model"] - example.ap["clip"] == gains[example.row]
    by_place = {p: [gains[e.row] for e in examples if e.place == p] for p in PLACES}
    assert by_place["largest gain"][0] == max(gains.values())
    assert min(by_place["largest gain"]) >= max(by_place["smallest gain"], default=-1)


def test_no_class_is_shown_twice_and_places_are_filled_in_turn(outcome):
    # Three target classes: two for the first place, one for the second, none for the third.
    examples = choose_examples(outcome, "i2t")
    shown = np.array([outcome.labels[example.row] for example in examples])
    assert (shown.sum(axis=0) <= 1).all()
    assert [example.place for example in examples] == [*[PLACES[0]] * PER_PLACE, PLACES[1]]


def test_queries_without_a_relevant_item_are_never_shown():
    outcome = make_outcome()
    gallery = outcome.evaluation.galleries["generalized"]
    scores = outcome.evaluation.scores
    best = choose_examples(outcome, "i2t")[0].row
    place = gallery.queries["i2t"].tolist().index(best)
    for system in ("clip", "model"):
        scores[system, "generalized", "i2t"].n_relevant[place] = 0
    assert best not in [example.row for example in choose_examples(outcome, "i2t")]
