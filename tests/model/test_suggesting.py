"""Suggestions of a trained model: the pipeline's own, by what the model has kept."""

import numpy as np
import pytest

import xshot
from tests.model.conftest import SMALL
from xshot.errors import UserError
from xshot.model.suggesting import names_of


@pytest.fixture(scope="module")
def fitted(arrays):
    return xshot.fit(
        *arrays.rows("train"), **arrays.classes, **SMALL, k_shot=1, variant="posterior"
    )


def test_members_come_first_and_answers_count(arrays, fitted):
    images, texts, labels = arrays.rows("test")
    name = arrays.target[0]
    rows = fitted.suggest(name, images, texts, n=3)
    assert (labels[rows] == name).all()
    again = fitted.suggest(name, images, texts, confirmed=rows[:2], refused=rows[2:], n=99)
    assert sorted([*rows, *again]) == list(range(len(labels)))


def test_a_class_may_be_new(arrays, fitted):
    images, _, _ = arrays.rows("test")
    feature = arrays.class_features[0]
    known = fitted.suggest(arrays.class_names[0], images, n=1)
    # Its own name is a rival of the new class, and as good.
    assert fitted.suggest("new", images, class_feature=7 * feature, n=1) == known
    with pytest.raises(UserError, match="no class of the model; give its class_feature"):
        fitted.suggest("new", images)


def test_rows_of_one_picture_are_suggested_once(arrays, fitted):
    images, texts, labels = arrays.rows("test")
    ids = [f"picture {row // 2}" for row in range(len(labels))]
    rows = fitted.suggest(arrays.target[0], images, texts, ids=ids, n=99)
    assert len(rows) == len(set(ids))


def test_without_coordinates_or_a_pool_there_is_nothing_to_suggest(arrays, fitted):
    images, _, _ = arrays.rows("test")
    bare = xshot.fit(*arrays.rows("train"), **arrays.classes, **SMALL, variant="centred_clip")
    with pytest.raises(UserError, match="no class-posterior coordinates"):
        bare.suggest(arrays.target[0], images)
    with pytest.raises(ValueError, match="images, texts or both"):
        fitted.suggest(arrays.target[0])


def test_names_are_weighted_by_the_rows_that_the_model_keeps(arrays, fitted):
    both = names_of(fitted.embedder, ["image", "text"])
    order = np.argsort(arrays.class_names)
    prompts = fitted.embedder.centring.of_text(arrays.class_features[order])
    np.testing.assert_allclose(both.prompts, prompts, atol=1e-6)
    assert set(both.weights) == {"image", "text"}
    alone = names_of(fitted.embedder, ["image"])
    assert list(alone.weights) == ["image"]
    assert alone.weights["image"] > both.weights["image"]  # texts say much of what images say


def test_shots_of_a_fit_can_be_suggested(arrays):
    one, three = (
        xshot.fit(
            *arrays.rows("train"), **arrays.classes, **SMALL,
            k_shot=k, variant="posterior", episode={"support": "suggested"},
        ).facts.shots
        for k in (1, 3)
    )  # fmt: skip
    assert (set(one.values()), set(three.values())) == ({1}, {3})
