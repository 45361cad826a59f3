"""What stands for a class, and how it is compared."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import sqrtm

from xshot.episode.class_means import class_means
from xshot.projector.evidence import MAX_MEMBERS
from xshot.projector.gathering import gather_evidence, gather_tip_evidence, within_class_metric


def gather(training):
    return gather_evidence(training, prompt_weight=3.0, shrinkage=0.4, sharpness=10.0)


def with_labels(training, *extra):
    labels = training.labels.copy()
    for row, column in extra:
        labels[row, column] = True
    return replace(training, labels=labels)


def repeated(training, rows):
    """The pictures at ascending `rows`, one text for each."""
    first = np.searchsorted(rows, rows)
    return training.take(rows, first)


def test_a_class_without_a_row_has_a_density(training_without_support):
    _, text = gather(training_without_support)
    assert np.isfinite(
        text.scores(training_without_support.text, training_without_support.text)
    ).all()
    assert_allclose(text.shares.sum(axis=0), 1, rtol=1e-6)


def test_a_row_of_several_classes_is_a_member_of_each(training):
    image, _ = gather(with_labels(training, (0, 1)))
    assert_allclose(image.shares[0], [1 / 8, 1 / 9, 0, 0, 0, 0], rtol=1e-6)


def test_classes_in_another_order_give_the_same_evidence(training):
    order = np.array([4, 0, 3, 5, 1, 2])
    shuffled = replace(
        training,
        labels=training.labels[:, order],
        prompts=training.prompts[order],
        is_target=training.is_target[order],
    )
    scores = [side.scores(training.image, training.image) for side in gather(training)]
    again = [side.scores(training.image, training.image) for side in gather(shuffled)]
    for before, after in zip(scores, again, strict=True):
        assert_allclose(after, before[:, :, order], atol=1e-4)


def test_the_metric_whitens_what_is_left_within_source_classes(training):
    source = ~training.is_support
    means = class_means(training, prompt_weight=2.0).image
    residuals = training.image[source] - means[training.labels[source].argmax(axis=1)]
    covariance = residuals.T @ residuals / len(residuals)
    shrunk = 0.7 * covariance + 0.3 * np.trace(covariance) / 8 * np.eye(8)
    metric = within_class_metric(training, training.image, means, 0.3)
    assert_allclose(metric, np.linalg.inv(sqrtm(shrunk)).real, rtol=1e-3, atol=1e-3)
    assert_allclose(metric @ shrunk @ metric, np.eye(8), atol=1e-4)


def test_tip_says_nothing_of_a_class_without_rows(training_without_support):
    image, _ = gather_tip_evidence(training_without_support)
    rows = training_without_support.image
    assert_array_equal(image.scores(rows, rows)[1][:, 3:], 0)


@pytest.mark.parametrize("gather_any", [gather, gather_tip_evidence])
def test_large_classes_are_thinned_and_small_ones_kept(training, gather_any):
    often = np.r_[np.repeat(np.arange(5), 40), np.arange(5, 21)]  # 200 rows of class 0
    many = training.take(often)
    image, _ = gather_any(many)
    counts = (image.shares[: MAX_MEMBERS + 16] > 0).sum(axis=0)
    assert list(counts) == [MAX_MEMBERS, 5, 5, 2, 2, 2]


@pytest.mark.parametrize("gather_any", [gather, gather_tip_evidence])
def test_a_large_class_is_thinned_whatever_its_rows_are_labelled_beside(training, gather_any):
    often = np.r_[np.repeat(np.arange(5), 40), np.arange(5, 21)]  # 200 rows of class 0
    labels = training.labels[often]
    labels[:20, 1] = labels[20:60, 2] = True  # few enough to be kept, all of them
    many = replace(
        training,
        image=training.image[often],
        text=training.text[often],
        labels=labels,
        is_support=training.is_support[often],
    )
    image, _ = gather_any(many)
    rows = image.shares[: len(image.members) - (len(training.prompts) if image.logarithmic else 0)]
    assert list((rows > 0).sum(axis=0)) == [MAX_MEMBERS, 25, 45, 2, 2, 2]


@pytest.mark.parametrize("gather_any", [gather, gather_tip_evidence])
def test_texts_that_a_picture_repeats_change_nothing(training, gather_any):
    several = repeated(training, np.sort(np.r_[np.arange(21), [0, 0, 3, 7, 7, 16, 16, 20]]))
    rows = training.image[:7]
    image, text = (side.scores(rows, rows) for side in gather_any(several))
    plain_image, plain_text = gather_any(training)
    assert_allclose(image, plain_image.scores(rows, rows), rtol=1e-3, atol=1e-5)
    assert_allclose(text, plain_text.scores(rows, rows), rtol=1e-3, atol=1e-5)
    assert len(gather_any(several)[0].members) == len(plain_image.members)
    by_row, _ = gather_any(replace(several, image_rows=None))
    assert np.abs(by_row.scores(rows, rows)[1] - image[1]).max() > 1e-3


def test_a_large_class_has_as_many_pictures_however_many_texts_they_have(training):
    often = np.r_[np.repeat(np.arange(5), 40), np.arange(5, 21)]  # 200 rows of class 0
    many = repeated(training, often)
    many = replace(many, image_rows=np.r_[np.repeat(np.arange(0, 200, 2), 2), np.arange(200, 216)])
    image, text = gather(many)
    for side in (image, text):
        assert (side.shares[:-6] > 0).sum(axis=0).tolist() == [MAX_MEMBERS, 5, 5, 2, 2, 2]
        # 3 is what a prompt is worth.
        assert_allclose(side.shares[-6:].diagonal(), 3 / (3 + np.array([64, 5, 5, 2, 2, 2])))
