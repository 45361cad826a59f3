"""What is asked about next: beside facility location written out in loops, and by its promises."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xshot.episode.training_set import Centring
from xshot.suggestion.annotator import ask
from xshot.suggestion.names import Names
from xshot.suggestion.suggest import (
    CLOSENESS,
    SHARPNESS,
    UNSAID,
    Pool,
    Suggestion,
    most_covering,
    suggest,
)

DIMENSIONS, N_CLASSES = 6, 4


def unit(rng, *shape):
    rows = rng.normal(size=shape)
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def make_pool(seed=0, n_rows=30, sides=("image", "text"), *, pictures=None):
    rng = np.random.default_rng(seed)
    means = Centring(*(0.3 * unit(rng, DIMENSIONS) for _ in range(2)))
    features = {side: unit(rng, n_rows, DIMENSIONS) for side in sides}
    names = Names(unit(rng, N_CLASSES, DIMENSIONS), {"image": 4.0, "text": 9.0})
    return Pool(features, means, pictures), names


def naive(pool, names, place, confirmed, refused):
    """The first suggestion, one pair of rows at a time."""
    rows = {}
    for side, mean in (("image", pool.centring.image), ("text", pool.centring.text)):
        if side in pool.features:
            rows[side] = [(x - mean) / np.linalg.norm(x - mean) for x in pool.features[side]]
    n_rows = len(pool)

    def cosine(i, j):
        return float(np.mean([own[i] @ own[j] for own in rows.values()]))

    gains, weights = {}, []
    for j in range(n_rows):
        logits = [
            sum(names.weights[side] * float(own[j] @ prompt) for side, own in rows.items())
            for prompt in names.prompts
        ]
        named = math.exp(logits[place]) / (1 + sum(map(math.exp, logits)))
        logit = math.log(named / (1 - named))
        logit += CLOSENESS * max([0.0, *(cosine(j, s) for s in confirmed)])
        logit -= CLOSENESS * max([0.0, *(cosine(j, s) for s in refused)])
        weight = 1 / (1 + math.exp(-logit)) * math.sqrt(max(1 - named, UNSAID))
        weights.append(0.0 if j in confirmed or j in refused else weight)
    for i in range(n_rows):
        if i in confirmed or i in refused:
            continue
        gains[i] = 0.0
        for j in range(n_rows):
            stands = math.exp(SHARPNESS * (cosine(i, j) - 1))
            covered = max([0.0, *(math.exp(SHARPNESS * (cosine(s, j) - 1)) for s in confirmed)])
            gains[i] += weights[j] * max(stands - covered, 0)
    return max(gains, key=gains.__getitem__)


@pytest.mark.parametrize("sides", [("image", "text"), ("image",)])
@pytest.mark.parametrize("seed", range(4))
def test_it_is_weighted_facility_location(seed, sides):
    pool, names = make_pool(seed, sides=sides)
    for confirmed, refused in ([], []), ([3], []), ([], [5, 8]), ([1, 2], [0, 7]):
        found = suggest(pool, names, 2, confirmed=confirmed, refused=refused)
        assert found[0].row == naive(pool, names, 2, confirmed, refused)


def test_greedy_covering_is_the_naive_one():
    rng = np.random.default_rng(0)
    kernel, weights = rng.random((12, 12)), rng.random(12)
    chosen = most_covering(kernel, weights, np.zeros(12), np.arange(12), 4)
    for count in range(4):
        before = chosen[:count]

        def value(extra, before=before):
            return sum(weights[j] * max(kernel[i, j] for i in [*before, extra]) for j in range(12))

        assert chosen[count] == max(set(range(12)) - set(before), key=value)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_an_answered_picture_is_never_asked_about_and_no_picture_twice(data):
    n_rows = data.draw(st.integers(1, 25))
    pictures = np.array(data.draw(st.lists(st.integers(0, 9), min_size=n_rows, max_size=n_rows)))
    pool, names = make_pool(data.draw(st.integers(0, 5)), n_rows, pictures=pictures)
    rows = data.draw(st.lists(st.integers(0, n_rows - 1), unique=True, max_size=n_rows))
    split = data.draw(st.integers(0, len(rows)))
    n = data.draw(st.integers(1, 12))
    found = suggest(pool, names, 1, confirmed=rows[:split], refused=rows[split:], n=n)
    shown = [pictures[each.row] for each in found]
    assert len(set(shown)) == len(shown)
    assert not set(shown) & set(pictures[rows])
    assert len(found) == min(n, len(set(pictures) - set(pictures[rows])))
    assert all(0 <= each.probability <= 1 for each in found)


def test_what_was_refused_makes_its_neighbours_less_probable():
    pool, names = make_pool(3)
    row = suggest(pool, names, 0)[0].row

    def probability(of, **answers):
        everything = suggest(pool, names, 0, n=len(pool), **answers)
        return {each.row: each.probability for each in everything}[of]

    centred = pool.centred(np.arange(len(pool)))
    cosines = np.mean([rows[row] @ rows.T for rows in centred.values()], axis=0)
    near = int(np.argsort(-cosines)[1])
    assert probability(near, refused=[row]) < probability(near)
    assert probability(near, confirmed=[row]) > probability(near)


def test_the_order_of_the_answers_does_not_matter():
    pool, names = make_pool(1)
    one = suggest(pool, names, 0, confirmed=[1, 4], refused=[9, 2], n=5)
    assert suggest(pool, names, 0, confirmed=[4, 1], refused=[2, 9], n=5) == one
    places = {"confirmed": np.array([1, 4]), "refused": np.array([2, 9])}
    assert suggest(pool, names, 0, **places, n=5) == one


def test_of_rows_that_are_the_same_the_first_is_asked_about():
    pool, names = make_pool(0, 10)
    double = Pool({m: np.concatenate([x, x]) for m, x in pool.features.items()}, pool.centring)
    assert suggest(double, names, 0)[0].row < 10


def test_a_pool_without_a_row_left_has_no_suggestion():
    pool, names = make_pool(0, 2)
    assert suggest(pool, names, 0, confirmed=[0], refused=[1]) == []


@pytest.mark.parametrize(("answers", "complaint"), [({"n": 0}, "n = 0"), ({"refused": [30]}, "30")])
def test_what_cannot_be_asked_is_refused(answers, complaint):
    pool, names = make_pool()
    with pytest.raises(ValueError, match=complaint):
        suggest(pool, names, 0, **answers)


def test_the_shortlist_changes_nothing_while_it_holds_all_that_weighs(monkeypatch):
    pool, names = make_pool(2, 40)
    whole = suggest(pool, names, 0, n=3)
    monkeypatch.setattr("xshot.suggestion.suggest.SHORTLIST", 25)
    thinned = suggest(pool, names, 0, n=3)
    assert isinstance(thinned[0], Suggestion)
    assert thinned[0].row == whole[0].row


def test_the_annotator_is_asked_until_nothing_is_left():
    pool, names = make_pool(0, 12)
    members, asked = {2, 5, 11}, []

    def answer(row):
        asked.append(row)
        return row in members

    confirmed = list(ask(pool, names, 0, answer))
    assert {each.row for each in confirmed} == members
    assert sorted(asked) == list(range(12))
    assert [asked[each.questions - 1] for each in confirmed] == [each.row for each in confirmed]
