import numpy as np
import pytest
from sklearn.decomposition import PCA

from xshot.vaegan.residuals import fit_residuals

N, D, L = 60, 5, 3


@pytest.fixture
def residuals():
    rng = np.random.default_rng(0)
    joined = rng.normal(size=(N, 4)) @ rng.normal(size=(4, 2 * D)) + 0.3 * rng.normal(
        size=(N, 2 * D)
    )
    joined -= joined.mean(0)
    return np.stack(np.split(joined, 2, axis=1)).astype(np.float32)


def covariance_of(model):
    loadings = np.concatenate(list(model.loadings), axis=1)
    return loadings.T @ loadings + np.diag(model.noise.ravel() ** 2)


def test_loadings_are_those_of_probabilistic_pca(residuals):
    """One class of N rows loses one degree of freedom, as scikit-learn's PCA does."""
    model = fit_residuals(residuals, n_classes=1, latent_dim=L)
    oracle = PCA(L).fit(np.concatenate(list(residuals), axis=1))
    expected = oracle.components_.T * np.sqrt(oracle.explained_variance_ - oracle.noise_variance_)
    found = np.concatenate(list(model.loadings), axis=1)
    np.testing.assert_allclose(found.T @ found, expected @ expected.T, rtol=1e-3, atol=1e-4)


def test_every_dimension_keeps_its_variance(residuals):
    model = fit_residuals(residuals, n_classes=1, latent_dim=L)
    joined = np.concatenate(list(residuals), axis=1)
    np.testing.assert_allclose(np.diag(covariance_of(model)), joined.var(axis=0, ddof=1), rtol=1e-4)


def test_subtracting_class_means_costs_degrees_of_freedom(residuals):
    one = fit_residuals(residuals, n_classes=1, latent_dim=L)
    many = fit_residuals(residuals, n_classes=31, latent_dim=L)
    np.testing.assert_allclose(
        covariance_of(many), covariance_of(one) * (N - 1) / (N - 31), rtol=1e-3, atol=1e-3
    )


def test_posterior_is_that_of_the_joint_gaussian(residuals):
    """Conditioning (z, x) ~ N(0, [[I, L], [L', L'L + noise]]) on x, one modality at a time."""
    model = fit_residuals(residuals, n_classes=1, latent_dim=L)
    gains, log_variances = model.posterior()
    for modality in range(2):
        loadings = model.loadings[modality].astype(np.float64)
        covariance = loadings.T @ loadings + np.diag(model.noise[modality].astype(np.float64) ** 2)
        gain = np.linalg.solve(covariance, loadings.T)
        np.testing.assert_allclose(gains[modality], gain, rtol=1e-3, atol=1e-4)
        precision = np.linalg.inv(np.eye(L) - loadings @ gain)
        np.testing.assert_allclose(
            log_variances[modality], -np.log(np.diag(precision)), rtol=1e-3, atol=1e-4
        )


@pytest.mark.parametrize("n_rows", [0, 1, 2])
def test_too_few_rows_give_a_model_all_the_same(n_rows):
    """One row per class: no residual at all."""
    model = fit_residuals(np.zeros((2, n_rows, D), np.float32), n_classes=n_rows, latent_dim=40)
    assert model.loadings.shape == (2, 40, D)
    gains, log_variances = model.posterior()
    assert not model.loadings.any()
    assert (model.noise > 0).all()
    assert np.isfinite(gains).all()
    np.testing.assert_array_equal(log_variances, 0)


def test_loadings_beyond_the_rank_are_zero(residuals):
    model = fit_residuals(residuals[:, :4], n_classes=1, latent_dim=8)
    joined = np.concatenate(list(model.loadings), axis=1)
    assert np.linalg.matrix_rank(joined, tol=1e-3) <= 4
    assert np.isfinite(joined).all()


def test_a_row_of_weight_two_counts_as_two(residuals):
    often = np.r_[np.arange(N), np.arange(0, N, 3)]
    weights = np.ones(N, np.float32)
    weights[::3] = 2
    weighted = fit_residuals(residuals, weights=weights, n_classes=4, latent_dim=L)
    repeated = fit_residuals(residuals[:, often], n_classes=4, latent_dim=L)
    np.testing.assert_allclose(covariance_of(weighted), covariance_of(repeated), atol=1e-5)
