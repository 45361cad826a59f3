import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.mixture import GaussianMixture

from xshot.episode.episode import Rows, Task
from xshot.episode.training_set import make_training_set, normalise, training_rows
from xshot.mixture import fitting
from xshot.mixture.fitting import bic, fit_mixture, fit_mixtures
from xshot.mixture.params import GmmParams
from xshot.store.features import ClassFeatures, Features

PARAMS = GmmParams(dimensions=4, max_components=16, min_members=5, shrinkage=20)


def planted(n_peaks, rows_per_peak, *, dimensions=16, noise=0.05, seed=0):
    """Unit-norm rows around well-separated peaks; row i belongs to peak i % n_peaks."""
    rng = np.random.default_rng(seed)
    peaks = np.linalg.qr(rng.normal(size=(dimensions, n_peaks)))[0].T
    rows = np.tile(peaks, (rows_per_peak, 1))
    return normalise((rows + noise * rng.normal(size=rows.shape)).astype(np.float32))


def fit(features, params=PARAMS, seed=0, **changes):
    params = GmmParams(**{**params.model_dump(), **changes})
    return fit_mixture(features, params, np.random.default_rng(seed))


class TestPlantedPeaks:
    @pytest.mark.parametrize("n_peaks", [1, 2, 4, 8])
    def test_bic_finds_their_number_and_places(self, n_peaks):
        features = planted(n_peaks, 30)
        mixture = fit(features, dimensions=8)
        assert mixture.n_components == n_peaks
        found = mixture.responsibilities(features).argmax(axis=1)
        planted_peaks = np.arange(len(features)) % n_peaks
        # A one-to-one map between planted and found peaks.
        assert len(set(zip(planted_peaks, found, strict=True))) == n_peaks

    def test_bounds_are_kept(self):
        assert fit(planted(8, 30), dimensions=8, max_components=4).n_components == 4
        assert fit(planted(8, 30), dimensions=8, min_members=100).n_components <= 2

    def test_means_and_variances_are_those_of_the_peaks(self):
        features = planted(2, 2000, noise=0.05)
        mixture = fit(features, shrinkage=0)
        centres = mixture.mean + mixture.means @ mixture.axes.T
        expected = [features[peak::2].mean(axis=0) for peak in range(2)]
        for centre in expected:
            assert np.linalg.norm(centres - centre, axis=1).min() < 0.02
        assert mixture.variances.max() < 2 * 0.05**2


class TestBic:
    def test_without_shrinkage_it_is_scikit_learns(self):
        features = planted(4, 20)
        mixture = fit(features, shrinkage=0)
        model = GaussianMixture(mixture.n_components, covariance_type="diag")
        model.weights_, model.means_ = mixture.weights, mixture.means
        model.covariances_ = mixture.variances
        model.precisions_cholesky_ = 1 / np.sqrt(mixture.variances)
        expected = model.bic((features - mixture.mean) @ mixture.axes)
        assert bic(mixture, features, shrinkage=0) == pytest.approx(expected)

    def test_variances_shared_by_all_components_count_once(self):
        features = planted(4, 20)
        mixture = fit(features)
        n_components, n_axes = mixture.means.shape
        n_free = n_components - 1 + n_components * n_axes + n_axes
        expected = n_free * np.log(len(features)) - 2 * mixture.log_likelihood(features)
        assert bic(mixture, features, shrinkage=1e12) == pytest.approx(expected)


class TestShrinkage:
    def test_variances_move_towards_their_pooled_mean(self):
        rng = np.random.default_rng(0)
        wide, narrow = planted(2, 40, noise=0.0)[:2]
        rows = [wide + 0.1 * rng.normal(size=(40, 16)), narrow + 0.02 * rng.normal(size=(40, 16))]
        features = normalise(np.concatenate(rows).astype(np.float32))
        free, shrunk, tied = (
            fit(features, shrinkage=shrinkage, max_components=2).variances
            for shrinkage in (0, 40, 1e9)
        )
        assert np.ptp(free, axis=0).max() > 1.5 * np.ptp(shrunk, axis=0).max()
        np.testing.assert_allclose(shrunk.mean(axis=0), free.mean(axis=0), rtol=0.2)
        np.testing.assert_allclose(tied[0], tied[1], rtol=1e-6)


class TestFewRows:
    @given(
        st.integers(1, 40),
        st.integers(1, 12),
        st.integers(2, 6),
        st.floats(0, 30),
        st.integers(0, 99),
    )
    def test_no_component_has_collapsed(self, n_rows, dimensions, min_members, shrinkage, seed):
        rng = np.random.default_rng(seed)
        features = normalise(rng.normal(size=(n_rows, dimensions)).astype(np.float32))
        features = features[rng.integers(n_rows, size=n_rows)]  # some rows stand there twice
        mixture = fit(features, min_members=min_members, shrinkage=shrinkage, seed=seed)
        shares = mixture.responsibilities(features)
        assert np.isfinite(shares).all()
        assert np.isfinite(mixture.log_likelihood(features))
        assert mixture.axes.shape[1] <= min(PARAMS.dimensions, dimensions)
        np.testing.assert_allclose(mixture.weights.sum(), 1)
        assert (mixture.variances > 0).all()
        if mixture.n_components > 1:
            assert shares.sum(axis=0).min() >= min_members * (1 - 1e-6)

    def test_an_outlier_gets_no_component_of_its_own(self):
        features = np.concatenate([planted(1, 30), -planted(1, 1)])
        mixture = fit(features, dimensions=2, shrinkage=0)
        assert mixture.responsibilities(features).sum(axis=0).min() >= PARAMS.min_members

    def test_equal_rows(self):
        features = np.repeat(planted(1, 1), 20, axis=0)
        mixture = fit(features)
        assert mixture.n_components == 1
        assert np.isfinite(mixture.log_likelihood(features))

    @pytest.mark.parametrize("k_shot", [0, 1, 3, 5, 7])
    def test_source_rows_with_any_support(self, k_shot):
        rows = planted(6, 8)
        ids = tuple(f"row{row}" for row in range(len(rows)))
        # Peaks 4 and 5 are target classes, of which only K rows are known.
        labels = tuple((f"class{row % 6}",) for row in range(len(rows)))
        source = [row for row in range(len(rows)) if row % 6 < 4]
        support = [row for row in range(len(rows)) if row % 6 >= 4][: 2 * k_shot]
        task = Task(
            source=("class0", "class1", "class2", "class3"),
            target=("class4", "class5"),
            train=Rows(tuple(ids[r] for r in source), tuple(labels[r] for r in source)),
            support=Rows(tuple(ids[r] for r in support), tuple(labels[r] for r in support)),
        )
        used = rows[source + support]
        features = Features(training_rows(task), used, used[::-1])
        prompts = ClassFeatures(task.classes, rows[:6])
        training = make_training_set(task, features, prompts)
        mixtures = fit_mixtures(training, PARAMS, np.random.default_rng(0))
        for mixture, side in ((mixtures.image, training.image), (mixtures.text, training.text)):
            members = mixture.responsibilities(side).sum(axis=0)
            assert members.min() >= PARAMS.min_members - 1e-3


class TestReproducibility:
    def test_equal_generators_give_equal_bytes(self):
        features = planted(4, 20)
        first, again = fit(features, seed=3), fit(features, seed=3)
        assert first.means.tobytes() == again.means.tobytes()
        assert first.variances.tobytes() == again.variances.tobytes()

    def test_many_rows_are_fitted_on_a_sample(self, monkeypatch):
        features = planted(4, 500)
        whole = fit(features, max_components=4)
        monkeypatch.setattr(fitting, "MAX_ROWS", 200)
        sample = fit(features, max_components=4)
        assert sample.n_components == whole.n_components == 4
        assert sample.means.tobytes() != whole.means.tobytes()
        agreement = whole.responsibilities(features).T @ sample.responsibilities(features)
        # Each component of one is a component of the other, so the table is a permutation.
        np.testing.assert_allclose(np.sort(agreement, axis=1)[:, -1], 500, rtol=0.01)
