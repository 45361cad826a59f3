import numpy as np
from sklearn.decomposition import PCA

from xshot.report.figures.pseudo import MAX_POINTS, principal_plane, pseudo_figure


def test_the_plane_is_that_of_scikit_learns_pca():
    rng = np.random.default_rng(0)
    scale = np.array([3, 2, 1, 0.5, 0.1])
    real, others = (rng.normal(size=(rows, 5)) * scale + 1 for rows in (60, 40))
    pca = PCA(2).fit(real)
    for ours, theirs in zip(
        principal_plane(real, others), (pca.transform(real), pca.transform(others)), strict=True
    ):
        signs = np.sign((ours * theirs).sum(axis=0))
        np.testing.assert_allclose(ours, theirs * signs, atol=1e-8)


def test_the_planes_orientation_does_not_depend_on_the_rows_order():
    real = np.random.default_rng(0).normal(size=(30, 4)) * [4, 3, 2, 1]
    backwards = principal_plane(real[::-1])[0]
    np.testing.assert_allclose(principal_plane(real)[0], backwards[::-1], atol=1e-8)


def test_large_clouds_are_thinned_and_both_are_drawn():
    rng = np.random.default_rng(0)
    real, pseudo = rng.normal(size=(30, 4)), rng.normal(size=(10 * MAX_POINTS, 4))
    svg = pseudo_figure(real, pseudo, "image")
    # Each cloud's points refer to one marker; the legend shows one more of each.
    assert 30 < svg.count("<use ") <= 30 + MAX_POINTS + 40
    assert "real, held out" in svg
    assert "generated" in svg


def test_two_rows_that_coincide_are_drawn():
    rows = np.ones((2, 4))
    assert "<svg" in pseudo_figure(rows, rows, "text")
