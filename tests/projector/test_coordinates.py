"""The embedding whose inner product holds the probability of being of one class."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import softmax

from xshot.projector.coordinates import LEAST_SHARE, MOST_CLASSES, Coordinates, join
from xshot.projector.gathering import gather_evidence, with_projection

WEIGHTS = {
    "name": 3.0, "members": 2.0, "probe": 1.5, "regression": 4.0, "projected": 1.0, "source": 0.5
}  # fmt: skip


@pytest.fixture
def shares(rng):
    return [softmax(3 * rng.normal(size=(9, 5)), axis=1).astype(np.float32) for _ in range(2)]


@pytest.fixture
def rows(rng):
    drawn = rng.normal(size=(2, 9, 4)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=-1, keepdims=True)


@pytest.mark.parametrize("weight", [0.5, 5.0])
def test_the_inner_product_is_closeness_plus_the_probability_of_one_class(rows, shares, weight):
    image, text = (join(rows[side], shares[side], weight=weight, side=side) for side in (0, 1))
    for i in range(9):
        for j in range(9):
            cosine = sum(rows[0, i, d] * rows[1, j, d] for d in range(4))
            same = sum(shares[0][i, c] * shares[1][j, c] for c in range(5))
            expected = (cosine + weight * same) / (1 + weight)
            assert image[i] @ text[j] == pytest.approx(expected, abs=1e-5)


def test_of_many_classes_the_likeliest_are_kept(rng):
    shares = softmax(2 * rng.normal(size=(7, 500)), axis=1).astype(np.float32)
    joined = join(np.zeros((7, 3), np.float32), shares, weight=5.0, side=0)
    kept = joined[:, 3:-2] / np.sqrt(5 / 6)
    for own, row in zip(shares, kept, strict=True):
        expected = np.where(own >= max(np.sort(own)[-MOST_CLASSES], LEAST_SHARE), own, 0)
        assert_allclose(row, expected, rtol=1e-5)
    assert_allclose(np.linalg.norm(joined, axis=1) ** 2, 5 / 6, rtol=1e-5)
    few = shares[:, :MOST_CLASSES]
    untouched = join(np.zeros((7, 3), np.float32), few, weight=5.0, side=0)
    assert_allclose(untouched[:, 3:-2], few * np.sqrt(5 / 6), rtol=1e-5)


def test_embeddings_are_of_unit_norm_whatever_the_posterior(rows, shares):
    certain = np.eye(5, dtype=np.float32)[[0, 1, 2, 3, 4, 0, 1, 2, 3]]
    for side in (0, 1):
        for own in (shares[side], certain, np.full((9, 5), 0.2, np.float32)):
            joined = join(rows[side], own, weight=4.0, side=side)
            assert joined.shape == (9, 4 + 5 + 2)
            assert joined.dtype == np.float32
            assert_allclose(np.linalg.norm(joined, axis=1), 1, rtol=1e-5)


def test_the_posterior_weighs_the_evidence(training):
    plain = gather_evidence(training, prompt_weight=2.0, shrinkage=0.5, sharpness=10.0)
    evidence, _ = with_projection(plain, training, prompt_weight=2.0)
    own = Coordinates(evidence, training.is_target, WEIGHTS, 5.0)
    scores = evidence.scores(training.image, training.image)
    name, members, probe, regression, projected = scores
    logits = 3 * name + 2 * members + 1.5 * probe + 4 * regression + projected
    logits -= 0.5 * ~training.is_target
    posterior = own.posterior(training.image, training.image)
    assert_allclose(posterior, softmax(logits, axis=1), rtol=1e-4)


def test_less_for_source_is_more_for_target(training):
    evidence, _ = gather_evidence(training, prompt_weight=2.0, shrinkage=0.5, sharpness=10.0)
    plain, shifted = (
        Coordinates(evidence, training.is_target, WEIGHTS | {"source": source}, 5.0).posterior(
            training.image, training.image
        )
        for source in (0.0, 2.0)
    )
    odds = shifted / plain
    ratio = odds[:, training.is_target][:, :1] / odds[:, ~training.is_target]
    assert_allclose(ratio, np.exp(2.0), rtol=1e-3)
