import numpy as np
import pytest
import scipy.linalg
from sklearn.neighbors import KNeighborsClassifier

from xshot.episode.training_set import normalise
from xshot.vaegan.quality import (
    Labelled,
    equal_numbers,
    frechet_distance,
    frechet_interval,
    measure_quality,
    neighbourhood_scores,
    residual_frechet,
    synthetic_accuracy,
    variance_ratio,
)

D = 8


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def draw(rng, spread=0.3, shift=0.0, rows=30, classes=3, seed=1):
    """Rows around class means that are the same for every call."""
    means = np.random.default_rng(seed).normal(size=(classes, D))
    labels = np.repeat(np.arange(classes), rows)
    features = means[labels] + shift + spread * rng.normal(size=(len(labels), D))
    return Labelled(normalise(features.astype(np.float32)), labels)


def test_frechet_distance_of_known_gaussians():
    """Sample variances 4 and 1 in one dimension, means 0 and 3: 9 + 4 + 1 - 2 * 2 = 10."""
    left, right = np.array([[-2.0], [2.0]]), np.array([[2.0], [4.0]])
    assert frechet_distance(left, right) == pytest.approx(10)


def test_frechet_distance_equals_scipys_matrix_root(rng):
    left, right = rng.normal(size=(40, 5)) @ rng.normal(size=(5, 5)), 2 + rng.normal(size=(60, 5))
    covariances = [np.cov(side, rowvar=False, bias=True) for side in (left, right)]
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real
    expected = ((left.mean(0) - right.mean(0)) ** 2).sum() + np.trace(sum(covariances) - 2 * root)
    assert frechet_distance(left, right) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(left, left) == pytest.approx(0, abs=1e-9)


def test_residual_frechet_ignores_where_classes_are(rng):
    real, fake = draw(rng), draw(rng)
    moved = Labelled(fake.features + np.float32(5), fake.classes)
    assert residual_frechet(real, moved) == pytest.approx(residual_frechet(real, fake), rel=1e-3)


def test_residual_frechet_without_residuals_is_one(rng):
    real = draw(rng)
    means = real.means()
    collapsed = np.stack([means[each] for each in real.classes]).astype(np.float32)
    assert residual_frechet(real, Labelled(collapsed, real.classes)) == pytest.approx(1, rel=1e-3)


@pytest.mark.filterwarnings("error")
def test_rows_that_do_not_vary_within_classes(rng):
    means = draw(rng).means()
    classes = np.repeat([0, 1, 2], 5)
    alike = Labelled(np.stack([means[each] for each in classes]).astype(np.float32), classes)
    assert (alike.varies, draw(rng).varies) == (False, True)
    exactly = Labelled(np.eye(3, D, dtype=np.float32)[classes], classes)
    assert residual_frechet(exactly, draw(rng)) == np.inf
    assert measure_quality(alike, draw(rng), resamples=3, rng=rng) is None


@pytest.mark.filterwarnings("error")
def test_draws_of_one_row_over_and_over_do_not_count(rng):
    """Of two rows a class, every eighth draw has no residual."""
    real, fake = draw(rng, rows=2), draw(rng, rows=2)
    low, high = frechet_interval(real, fake, resamples=200, rng=rng)
    assert 0 <= low < high < np.inf


def test_residual_frechet_by_hand(rng):
    """On all axes: the distance of the residuals' Gaussians over the real residuals' variance."""
    real, fake = draw(rng), draw(rng, spread=0.6)
    sides = [
        side.features - np.stack([side.features[side.classes == c].mean(0) for c in side.classes])
        for side in (real, fake)
    ]
    expected = frechet_distance(*sides) / (sides[0] ** 2).sum(1).mean()
    assert residual_frechet(real, fake) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("rows", [40, 120])
def test_residual_frechet_is_measured_on_the_first_principal_components(rng, rows):
    """Of 100 dimensions, with fewer rows than that and with more."""
    sides = [
        Labelled(normalise(rng.normal(size=(rows, 100)).astype(np.float32)), np.arange(rows) % 2)
        for _ in range(2)
    ]
    real, fake = (side.residuals() for side in sides)
    axes = np.linalg.svd(real)[2][:32].T
    expected = frechet_distance(real @ axes, fake @ axes) / (real @ axes).var(axis=0).sum()
    assert residual_frechet(*sides) == pytest.approx(expected, rel=1e-6)


def test_the_interval_tells_wrong_spread_from_right(rng):
    real = draw(rng, rows=60)
    right, wrong = (
        frechet_interval(real, draw(rng, spread, rows=60), resamples=40, rng=rng)
        for spread in (0.3, 0.9)
    )
    assert right[0] <= right[1] < wrong[0] <= wrong[1]


def test_neighbourhood_scores_equal_naive_loops(rng):
    real, fake = (normalise(rng.normal(size=(15, 3)).astype(np.float32)) for _ in range(2))
    fake[:5] = normalise(real[:5] + 0.05)

    def radius(rows, place, k=3):
        return sorted(np.linalg.norm(rows[place] - other) for other in rows)[k]

    def inside(point, rows, place):
        return np.linalg.norm(point - rows[place]) <= radius(rows, place)

    places = range(15)
    precision = np.mean([any(inside(f, real, place) for place in places) for f in fake])
    recall = np.mean([any(inside(r, fake, place) for place in places) for r in real])
    coverage = np.mean([any(inside(f, real, place) for f in fake) for place in places])
    np.testing.assert_allclose(neighbourhood_scores(real, fake), (precision, recall, coverage))


def test_a_far_cloud_and_a_collapsed_one():
    """Both in a small corner: generated rows on one real row are precise, and recall nothing."""
    rng = np.random.default_rng(3)
    real = normalise((np.eye(6)[0] + 0.1 * rng.normal(size=(20, 6))).astype(np.float32))
    assert neighbourhood_scores(real, -real) == (0, 0, 0)
    precision, recall, coverage = neighbourhood_scores(real, np.repeat(real[:1], 20, axis=0))
    assert precision == 1
    assert recall <= 0.1
    assert coverage < 0.5


def test_variance_ratio_of_stretched_residuals(rng):
    real = draw(rng)
    stretched = (real.features + real.residuals()).astype(np.float32)
    assert variance_ratio(real, Labelled(stretched, real.classes)) == pytest.approx(4, rel=1e-3)


def test_accuracy_is_that_of_the_nearest_mean(rng):
    """On unit-norm means, the nearest is the one of highest cosine."""
    real, fake = draw(rng, 1.0), draw(rng, 1.0)
    centres = normalise(
        np.stack([fake.features[fake.classes == each].mean(0) for each in range(3)])
    )
    oracle = KNeighborsClassifier(1).fit(centres, np.arange(3))
    expected = (oracle.predict(real.features) == real.classes).mean()
    assert 0.4 < expected < 1
    assert synthetic_accuracy(real, fake) == pytest.approx(expected)


def test_numbers_are_made_equal_class_by_class(rng):
    real = Labelled(np.zeros((9, D), np.float32), np.array([0, 0, 0, 1, 1, 2, 2, 2, 2]))
    fake = Labelled(np.zeros((8, D), np.float32), np.array([0, 1, 1, 1, 2, 2, 3, 3]))
    for side in equal_numbers(real, fake, rng):
        np.testing.assert_array_equal(side.classes, [0, 1, 1, 2, 2])


def test_all_scores_together(rng):
    real, good, bad = draw(rng), draw(rng, rows=50), draw(rng, 0.02, seed=2, rows=50)
    ours, worse = (
        measure_quality(real, each, resamples=10, rng=np.random.default_rng(0))
        for each in (good, bad)
    )
    assert ours.frechet < worse.frechet
    assert ours.frechet_interval[1] < worse.frechet_interval[0]
    assert ours.precision > worse.precision
    assert ours.recall > worse.recall
    assert ours.coverage > worse.coverage
    assert abs(ours.variance_ratio - 1) < 0.3 < abs(worse.variance_ratio - 1)
    assert ours.accuracy > worse.accuracy
