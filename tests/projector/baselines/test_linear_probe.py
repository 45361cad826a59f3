"""LP++ among rows of one modality; K = 0 leaves prompts alone."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from xshot.projector.baselines.cross_modal import gather_cross_modal_evidence
from xshot.projector.baselines.linear_probe import fit_linear_probe, gather_linear_probe_evidence
from xshot.projector.classifiers import fit_probe


def test_it_is_the_published_descent_on_the_rows_as_they_are(training):
    """`fit_probe` is held to torch's autograd in test_classifiers.py."""
    for features in (training.image, training.text):
        targets = training.labels.astype(np.float32)
        weights, alpha = fit_probe(features, targets, training.prompts, steps=300)
        expected = weights + alpha[:, None] * training.prompts
        assert_array_equal(fit_linear_probe(features, training), expected)


def test_it_classifies_its_rows_better_than_the_prompts_do(training):
    classes = training.labels.argmax(axis=1)
    for features, evidence in zip(
        (training.image, training.text), gather_linear_probe_evidence(training), strict=True
    ):
        scores, _ = evidence.scores(features, features)
        assert (scores.argmax(axis=1) == classes).all()
        assert ((features @ training.prompts.T).argmax(axis=1) == classes).mean() < 1


def test_a_class_without_rows_is_its_prompt(training_without_support):
    training = training_without_support
    classifier = fit_linear_probe(training.image, training)
    target = classifier[training.is_target]
    assert_allclose(
        target / np.linalg.norm(target, axis=1, keepdims=True),
        training.prompts[training.is_target],
        atol=1e-5,
    )


@pytest.mark.parametrize("gather", [gather_linear_probe_evidence, gather_cross_modal_evidence])
def test_a_picture_of_several_texts_is_one_sample_among_the_images(training, gather):
    rows = np.r_[np.arange(21), [0, 0, 20]]
    several = training.take(rows, rows)
    image, _ = gather(several)
    if gather is gather_linear_probe_evidence:
        assert_array_equal(image.prompts, gather(training)[0].prompts)
    else:
        other = several.image.copy()
        other[21:] = -other[21:]  # never seen
        assert_array_equal(image.prompts, gather(replace(several, image=other))[0].prompts)
