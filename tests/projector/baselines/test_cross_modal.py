import numpy as np
from numpy.testing import assert_array_equal

from xshot.projector.baselines.cross_modal import fit_cross_modal, gather_cross_modal_evidence


def loss(classifier, features, classes):
    logits = 100 * features @ classifier.T
    logits -= logits.max(axis=1, keepdims=True)
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return -logs[np.arange(len(classes)), classes].mean()


def test_one_classifier_fits_images_and_texts_better_than_the_prompts(training):
    image, text = gather_cross_modal_evidence(training)
    assert image is text
    classifier, classes = fit_cross_modal(training), training.labels.argmax(axis=1)
    for features in (training.image, training.text):
        assert loss(classifier, features, classes) < loss(training.prompts, features, classes)


def test_a_class_without_rows_is_still_nearest_to_its_prompt(training_without_support):
    training = training_without_support
    scores = training.prompts @ fit_cross_modal(training).T
    assert_array_equal(scores.argmax(axis=1), np.arange(6))


def test_training_draws_nothing(training):
    assert_array_equal(fit_cross_modal(training), fit_cross_modal(training))
