"""Names as a classifier: beside scipy's optimiser, and where there is little to learn from."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import log_softmax

from xshot.suggestion.names import Names, learn_names


def unit(rng, *shape):
    rows = rng.normal(size=shape)
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


@pytest.fixture
def labelled():
    """Prompts of 5 classes, rows of 4 of them, images noisier than texts."""
    rng = np.random.default_rng(0)
    prompts = unit(rng, 5, 8)
    labels = np.eye(5, dtype=bool)[rng.integers(0, 4, 60)]
    rows = {}
    for side, noise in (("image", 0.6), ("text", 0.25)):
        noisy = labels @ prompts + noise * rng.normal(size=(60, 8))
        rows[side] = (noisy / np.linalg.norm(noisy, axis=1, keepdims=True)).astype(np.float32)
    return prompts, rows, labels


def test_the_weights_are_the_most_likely_ones(labelled):
    prompts, rows, labels = labelled
    learned = learn_names(prompts, rows, labels)
    seen, scores = labels[:, :4], [x.astype(float) @ prompts[:4].T for x in rows.values()]

    def loss(weights):
        logits = weights[0] * scores[0] + weights[1] * scores[1]
        return -log_softmax(logits, axis=1)[seen].mean() + 1e-4 * ((weights - 10) ** 2).sum()

    expected = minimize(loss, [10, 10], tol=1e-10).x
    assert list(learned.weights) == ["image", "text"]
    np.testing.assert_allclose(list(learned.weights.values()), expected, rtol=1e-3)
    assert learned.weights["text"] > learned.weights["image"]


def test_names_that_separate_all_rows_get_finite_weights():
    prompts = np.eye(3, 8, dtype=np.float32)
    weights = learn_names(prompts, {"text": prompts}, np.eye(3, dtype=bool)).weights
    assert 10 < weights["text"] < 200


def test_without_a_labelled_row_the_weights_are_the_priors():
    nothing = np.empty((0, 8), np.float32)
    learned = learn_names(
        np.eye(3, 8, dtype=np.float32), {"image": nothing}, np.empty((0, 3), bool)
    )
    assert learned.weights == {"image": 10.0}


def test_a_row_of_no_class_has_little_of_each():
    names = Names(np.eye(3, 8, dtype=np.float32), {"image": 10.0})
    shares = names.posterior({"image": np.eye(8, dtype=np.float32)})
    np.testing.assert_allclose(shares[7], 1 / 4)  # with cosine 0 to all, and to none of them
    assert (shares.sum(axis=1) < 1).all()
    np.testing.assert_allclose(shares[0, 0], np.e**10 / (np.e**10 + 3), rtol=1e-6)
