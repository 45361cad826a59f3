import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

from xshot.mixture import mixture as module
from xshot.mixture.mixture import Mixture, Mixtures


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def make_mixture(rng, *, n_components=5, n_axes=3, dimensions=8):
    axes, _ = np.linalg.qr(rng.normal(size=(dimensions, n_axes)))
    weights = rng.random(n_components) + 0.1
    return Mixture(
        mean=rng.normal(size=dimensions),
        axes=axes,
        weights=weights / weights.sum(),
        means=rng.normal(size=(n_components, n_axes)),
        variances=rng.random((n_components, n_axes)) + 0.05,
    )


def as_sklearn(mixture):
    """The same mixture as scikit-learn's, on the principal space."""
    model = GaussianMixture(mixture.n_components, covariance_type="diag")
    model.weights_, model.means_ = mixture.weights, mixture.means
    model.covariances_ = mixture.variances
    model.precisions_cholesky_ = 1 / np.sqrt(mixture.variances)
    return model


def features(rng, n_rows, dimensions=8):
    return rng.normal(size=(n_rows, dimensions)).astype(np.float32)


def test_responsibilities_equal_scikit_learns(rng):
    mixture, rows = make_mixture(rng), features(rng, 50)
    expected = as_sklearn(mixture).predict_proba((rows - mixture.mean) @ mixture.axes)
    found = mixture.responsibilities(rows)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_log_likelihood_equals_scikit_learns(rng):
    mixture, rows = make_mixture(rng), features(rng, 50)
    expected = as_sklearn(mixture).score_samples((rows - mixture.mean) @ mixture.axes).sum()
    assert mixture.log_likelihood(rows) == pytest.approx(expected, rel=1e-9)


def test_blocks_do_not_show(rng, monkeypatch):
    mixture, rows = make_mixture(rng), features(rng, 23)
    whole, likelihood = mixture.responsibilities(rows), mixture.log_likelihood(rows)
    monkeypatch.setattr(module, "_BLOCK_ROWS", 5)
    np.testing.assert_allclose(mixture.responsibilities(rows), whole, atol=1e-7)
    assert mixture.log_likelihood(rows) == pytest.approx(likelihood)


def test_far_away_rows_still_have_shares_that_sum_to_one(rng):
    shares = make_mixture(rng).responsibilities(1e4 * features(rng, 20))
    assert np.isfinite(shares).all()
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-6)


def test_one_component_takes_everything(rng):
    shares = make_mixture(rng, n_components=1).responsibilities(features(rng, 4))
    np.testing.assert_array_equal(shares, np.ones((4, 1)))


def test_no_rows(rng):
    assert make_mixture(rng).responsibilities(features(rng, 0)).shape == (0, 5)
    assert make_mixture(rng).log_likelihood(features(rng, 0)) == 0


def test_of_two_modalities_the_one_with_fewer_components_is_filled_up(rng):
    mixtures = Mixtures(make_mixture(rng, n_components=3), make_mixture(rng, n_components=2))
    image, text = features(rng, 9), features(rng, 9)
    shares = mixtures.responsibilities(image, text)
    assert (mixtures.n_components, shares.dtype) == (3, np.float32)
    np.testing.assert_array_equal(shares[0], mixtures.image.responsibilities(image))
    np.testing.assert_array_equal(shares[1, :, :2], mixtures.text.responsibilities(text))
    np.testing.assert_array_equal(shares[1, :, 2], 0)
