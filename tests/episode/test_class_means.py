from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from xshot.episode.class_means import RIDGE, class_means, predict_means
from xshot.episode.training_set import Centring, TrainingSet, normalise

D = 6


def make_training(labels, n_support, rng, n_target=2):
    labels = np.array(labels, bool)
    n_rows, n_classes = labels.shape
    draw = lambda rows: normalise(rng.normal(size=(rows, D)).astype(np.float32))  # noqa: E731
    return TrainingSet(
        image=draw(n_rows),
        text=draw(n_rows),
        labels=labels,
        is_support=np.arange(n_rows) >= n_rows - n_support,
        prompts=draw(n_classes),
        is_target=np.arange(n_classes) >= n_classes - n_target,
        centring=Centring(np.zeros(D, np.float32), np.zeros(D, np.float32)),
        hash="",
    )


@pytest.fixture
def rng():
    return np.random.default_rng(3)


# Source classes 0 and 1, target classes 2 and 3; two support rows of class 2, none of class 3.
LABELS = [[1, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0]]


def test_a_source_class_has_the_mean_of_its_rows(rng):
    training = make_training(LABELS, 2, rng)
    means = class_means(training, prompt_weight=4.0)
    np.testing.assert_allclose(means.image[0], training.image[:2].mean(0), atol=1e-6)
    np.testing.assert_allclose(means.text[1], training.text[2], atol=1e-6)
    assert means.image.dtype == means.text.dtype == np.float32


def test_the_prompt_counts_for_as_many_rows_as_told(rng):
    training = make_training(LABELS, 2, rng)
    predicted = predict_means(
        training.prompts,
        ~training.is_target,
        np.stack([training.image[:2].mean(0), training.image[2]]),
    )
    means = class_means(training, prompt_weight=3.0)
    expected = (training.image[3] + training.image[4] + 3 * predicted[2]) / 5
    np.testing.assert_allclose(means.image[2], expected, atol=1e-6)
    np.testing.assert_allclose(means.image[3], predicted[3], atol=1e-6)


@pytest.mark.parametrize("k_shot", range(8))
def test_support_takes_over_as_it_grows(rng, k_shot):
    source = [[1, 0, 0], [0, 1, 0], [0, 1, 0]]
    training = make_training(source + [[0, 0, 1]] * k_shot, k_shot, rng, n_target=1)
    means = class_means(training, prompt_weight=4.0)
    alone = class_means(make_training(source, 0, np.random.default_rng(3), 1), prompt_weight=4.0)
    assert np.isfinite(means.image).all()
    assert means.image.shape == alone.image.shape == (3, D)
    if k_shot:
        support = training.image[3:].mean(0)
        strong = class_means(training, prompt_weight=1e-6).image[2]
        np.testing.assert_allclose(strong, support, atol=1e-5)
        gap = np.linalg.norm(means.image[2] - support)
        prior = np.linalg.norm(class_means(training, prompt_weight=1e6).image[2] - support)
        np.testing.assert_allclose(gap, prior * 4 / (4 + k_shot), rtol=1e-3)


def test_a_row_with_several_classes_counts_for_each(rng):
    training = make_training([[1, 1, 0], [0, 1, 0], [0, 0, 1]], 1, rng, n_target=1)
    means = class_means(training, prompt_weight=1.0)
    np.testing.assert_allclose(means.image[0], training.image[0], atol=1e-6)
    np.testing.assert_allclose(means.image[1], training.image[:2].mean(0), atol=1e-6)


def test_a_support_row_says_nothing_about_its_source_class(rng):
    training = make_training([[1, 0, 0], [0, 1, 0], [1, 0, 1]], 1, rng, n_target=1)
    means = class_means(training, prompt_weight=1.0)
    np.testing.assert_allclose(means.image[0], training.image[0], atol=1e-6)


def test_a_source_class_without_rows_has_what_its_prompt_predicts(rng):
    labels = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0]]
    training = make_training(labels, 0, rng, n_target=1)
    means = class_means(training, prompt_weight=4.0)
    known = np.array([True, True, False, False])
    predicted = predict_means(training.prompts, known, means.text[:2])
    np.testing.assert_allclose(means.text[2:], predicted[2:], atol=1e-6)


def test_prediction_equals_ridge_regression_pulled_to_the_identity(rng):
    """Ridge of what is left after r * a_c: scikit-learn solves it in the primal."""
    prompts = normalise(rng.normal(size=(9, D)).astype(np.float32))
    known = np.arange(9) < 5
    means = 0.5 * prompts[:5] + 0.1 * rng.normal(size=(5, D)).astype(np.float32)
    scale = (prompts[:5] * means).sum() / 5
    ridge = Ridge(alpha=RIDGE, fit_intercept=False).fit(prompts[:5], means - scale * prompts[:5])
    expected = scale * prompts + ridge.predict(prompts)
    np.testing.assert_allclose(predict_means(prompts, known, means), expected, atol=1e-5)


def test_means_that_are_shorter_prompts_are_predicted_exactly(rng):
    prompts = normalise(rng.normal(size=(4, D)).astype(np.float32))
    known = np.array([True, True, False, False])
    np.testing.assert_allclose(
        predict_means(prompts, known, 0.6 * prompts[:2]), 0.6 * prompts, atol=1e-6
    )


def test_predictions_turn_with_the_space(rng):
    training = make_training(LABELS, 2, rng)
    turn, _ = np.linalg.qr(rng.normal(size=(D, D)))
    turned = replace(
        training,
        image=(training.image @ turn).astype(np.float32),
        prompts=(training.prompts @ turn).astype(np.float32),
    )
    np.testing.assert_allclose(
        class_means(turned, prompt_weight=2.0).image,
        class_means(training, prompt_weight=2.0).image @ turn,
        atol=1e-5,
    )


def test_a_picture_counts_once_however_many_texts_it_has(rng):
    training = make_training(LABELS, 2, rng)
    rows = np.array([0, 0, 0, 1, 2, 3, 3, 4])  # three texts of picture 0, two of support picture 3
    several = training.take(rows, np.array([0, 0, 0, 3, 4, 5, 5, 7]))
    means, expected = (class_means(each, prompt_weight=3.0) for each in (several, training))
    np.testing.assert_allclose(means.image, expected.image, atol=1e-6)
    np.testing.assert_allclose(means.text, expected.text, atol=1e-6)
    counted_by_row = class_means(replace(several, image_rows=None), prompt_weight=3.0)
    assert np.abs(counted_by_row.image[[0, 2]] - expected.image[[0, 2]]).max() > 1e-3


def test_the_texts_of_a_picture_share_what_it_counts(rng):
    training = replace(make_training(LABELS, 2, rng), image_rows=np.array([0, 0, 2, 3, 4]))
    means = class_means(training, prompt_weight=1.0)
    np.testing.assert_allclose(means.text[0], training.text[:2].mean(0), atol=1e-6)
