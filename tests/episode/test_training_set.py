from dataclasses import replace

import numpy as np
import pytest

from xshot.episode.episode import Rows, Task
from xshot.episode.training_set import make_training_set, normalise, training_rows
from xshot.errors import UserError
from xshot.store.features import ClassFeatures, Features

TASK = Task(
    source=("a", "c"),
    target=("b",),
    train=Rows(("r1", "r2", "r3"), (("a",), ("c",), ("a", "c"))),
    support=Rows(("s1",), (("b",),)),
)


def unit(rng, n_rows):
    return normalise(rng.normal(size=(n_rows, 6)).astype(np.float32) + 1)


@pytest.fixture
def features():
    rng = np.random.default_rng(0)
    return Features(training_rows(TASK), unit(rng, 4), unit(rng, 4))


@pytest.fixture
def classes():
    return ClassFeatures(("a", "b", "c", "unused"), unit(np.random.default_rng(1), 4))


def test_rows_are_source_then_support(features, classes):
    assert training_rows(TASK) == ("r1", "r2", "r3", "s1")
    training = make_training_set(TASK, features, classes)
    np.testing.assert_array_equal(training.is_support, [0, 0, 0, 1])
    np.testing.assert_array_equal(training.labels, [[1, 0, 0], [0, 0, 1], [1, 0, 1], [0, 1, 0]])
    np.testing.assert_array_equal(training.is_target, [0, 1, 0])
    assert (training.dimensions, training.n_classes) == (6, 3)
    assert training.hash == features.hash


def test_the_mean_of_source_rows_is_subtracted_from_everything(features, classes):
    training = make_training_set(TASK, features, classes)
    image_mean, text_mean = features.image[:3].mean(0), features.text[:3].mean(0)
    for found, raw, mean in [
        (training.image, features.image, image_mean),
        (training.text, features.text, text_mean),
        (training.prompts, classes.features[:3], text_mean),
    ]:
        expected = (raw - mean) / np.linalg.norm(raw - mean, axis=1, keepdims=True)
        np.testing.assert_allclose(found, expected, atol=1e-6)
        assert found.dtype == np.float32
    np.testing.assert_array_equal(training.centring.of_image(features.image), training.image)
    np.testing.assert_array_equal(training.centring.of_text(features.text), training.text)


def test_without_centring_features_stay_as_they_are(features, classes):
    training = make_training_set(TASK, features, classes, centre=False)
    np.testing.assert_allclose(training.image, features.image, atol=1e-6)
    np.testing.assert_allclose(training.prompts, classes.features[:3], atol=1e-6)


def test_support_rows_do_not_move_the_centre(features, classes):
    moved = replace(features, image=features.image[[0, 1, 2, 0]])
    first, second = (make_training_set(TASK, f, classes).centring for f in (features, moved))
    np.testing.assert_array_equal(first.image, second.image)


def test_no_support_at_all(features, classes):
    task = replace(TASK, support=Rows((), ()))
    rows = Features(features.ids[:3], features.image[:3], features.text[:3])
    training = make_training_set(task, rows, classes)
    assert not training.is_support.any()
    assert training.labels.shape == (3, 3)


def test_a_class_without_a_prompt(features, classes):
    missing = ClassFeatures(classes.names[1:], classes.features[1:])
    with pytest.raises(UserError, match="no prompt of class 'a'; re-run `dvc repro extract`"):
        make_training_set(TASK, features, missing)


def test_rows_in_another_order_are_refused(features, classes):
    with pytest.raises(ValueError, match="in that order"):
        make_training_set(TASK, replace(features, ids=features.ids[::-1]), classes)


def test_normalise_gives_unit_rows_and_leaves_zero_alone():
    rows = normalise(np.array([[3, 4], [0, 0]], np.float32))
    np.testing.assert_allclose(rows, [[0.6, 0.8], [0, 0]])
    assert rows.dtype == np.float32


def test_a_picture_counts_once_in_the_means_however_many_texts_it_has(features, classes):
    """Row r3 under another name, as r4: the same picture with a second text."""
    twice = Task(
        source=TASK.source,
        target=TASK.target,
        train=Rows(
            ("r1", "r2", "r3", "r4"),
            (("a",), ("c",), ("a", "c"), ("c", "a")),
            ("r1", "r2", "r3", "r3"),
        ),
        support=TASK.support,
    )
    rows = [0, 1, 2, 2, 3]
    repeated = Features(training_rows(twice), features.image[rows], features.text[rows])
    training = make_training_set(twice, repeated, classes)
    plain = make_training_set(TASK, features, classes)
    np.testing.assert_array_equal(training.image_rows, [0, 1, 2, 2, 4])
    np.testing.assert_array_equal(training.weights, [1, 1, 0.5, 0.5, 1])
    np.testing.assert_allclose(training.centring.image, plain.centring.image, atol=1e-6)
    np.testing.assert_allclose(training.centring.text, plain.centring.text, atol=1e-6)
    np.testing.assert_allclose(training.pictures.image, plain.image, atol=1e-5)
    np.testing.assert_array_equal(training.pictures.labels, plain.labels)


def test_rows_with_pictures_of_their_own_weigh_one_each(features, classes):
    training = make_training_set(TASK, features, classes)
    np.testing.assert_array_equal(training.weights, np.ones(4, np.float32))
    assert training.pictures.image.tobytes() == training.image.tobytes()
    mean = features.image[:3].mean(axis=0, dtype=np.float64).astype(np.float32)
    assert training.centring.image.tobytes() == mean.tobytes()
