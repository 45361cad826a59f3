"""Evidence for classes against naive formulas."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from xshot.episode.class_means import class_means
from xshot.projector.gathering import (
    TIP_SHARPNESS,
    gather_evidence,
    gather_tip_evidence,
    with_projection,
)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def gather(training, projected=None):
    evidence = gather_evidence(training, prompt_weight=3.0, shrinkage=0.4, sharpness=10.0)
    if projected is None:
        return evidence
    return with_projection(evidence, projected, prompt_weight=3.0)


def with_labels(training, *extra):
    labels = training.labels.copy()
    for row, column in extra:
        labels[row, column] = True
    return replace(training, labels=labels)


def test_the_name_speaks_by_its_cosine(training):
    for side, rows in zip(gather(training), (training.image, training.text), strict=True):
        scores = side.scores(rows, rows)
        assert side.kinds == ("name", "members", "probe", "regression")
        assert scores.shape == (4, len(rows), 6)
        assert_allclose(scores[0], rows @ training.prompts.T, atol=1e-6)


def test_members_speak_by_the_log_of_a_kernel_density(training):
    """Source classes: their rows and 3 times their mean; target: 2 shots and 3 times the guess."""
    hot = training.labels & ~training.is_support[:, None]
    named = class_means(replace(training, labels=hot), prompt_weight=3.0)
    image, _ = gather(training)
    row = training.image[4]
    here = unit(row @ image.metric)
    for c in range(6):
        members = [unit(x @ image.metric) for x in training.image[training.labels[:, c]]]
        members += 3 * [unit(named.image[c] @ image.metric)]
        density = np.mean([np.exp(10 * (here @ member - 1)) for member in members])
        score = image.scores(row[None], row[None])[1, 0, c]
        assert score == pytest.approx(np.log(density) / 10, abs=1e-5)


def test_the_projection_speaks_by_its_own_class_means(training):
    turned = replace(training, image=-training.image, text=training.text[:, ::-1].copy())
    image, text = gather(training, turned)
    means = class_means(turned, prompt_weight=3.0)
    assert image.kinds == ("name", "members", "probe", "regression", "projected")
    assert_allclose(
        image.scores(training.image, turned.image)[4],
        turned.image @ unit(means.image).T,
        atol=1e-6,
    )
    assert_allclose(
        text.scores(training.text, turned.text)[4], turned.text @ unit(means.text).T, atol=1e-6
    )
    assert_array_equal(
        image.scores(training.image, turned.image)[:4],
        gather(training)[0].scores(training.image, training.image),
    )


def test_tip_speaks_by_prompts_and_by_the_mean_affinity_to_rows(training):
    image, text = gather_tip_evidence(with_labels(training, (0, 1)))
    labels = with_labels(training, (0, 1)).labels
    for side, rows in ((image, training.image), (text, training.text)):
        assert side.kinds == ("name", "members")
        row = rows[7]
        for c in range(6):
            affinity = [np.exp(-TIP_SHARPNESS * (1 - row @ key)) for key in rows[labels[:, c]]]
            scores = side.scores(row[None], row[None])[:, 0, c]
            assert_allclose(scores, [row @ training.prompts[c], np.mean(affinity)], rtol=1e-4)


def test_blocks_do_not_show(training, monkeypatch):
    image, _ = gather(training)
    whole = image.scores(training.image, training.image)
    monkeypatch.setattr("xshot.projector.evidence._BLOCK_ROWS", 4)
    assert_allclose(image.scores(training.image, training.image), whole, rtol=1e-5, atol=1e-6)


def test_classifiers_speak_of_whitened_rows(training):
    for side, rows in zip(gather(training), (training.image, training.text), strict=True):
        whitened = unit(rows @ side.metric)
        for classifier, scores in zip(side.classifiers, side.scores(rows, rows)[2:], strict=True):
            assert_allclose(scores, whitened @ classifier.T, atol=1e-5)
