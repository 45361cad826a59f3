from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.vaegan.conftest import D, make_training
from xshot.episode.training_set import normalise
from xshot.vaegan.params import SynthesizeParams
from xshot.vaegan.synthesis import synthesize
from xshot.vaegan.training import train_vaegan
from xshot.variants import VARIANTS


def train(training, params, mixtures=None):
    model, _ = train_vaegan(
        training,
        mixtures,
        variant=VARIANTS["xshot"],
        params=params,
        generator=torch.Generator().manual_seed(0),
        device=torch.device("cpu"),
    )
    return model


def make(model, training, mixtures=None, *, pairs=10, below=0, seed=1):
    return synthesize(
        model,
        training,
        mixtures,
        params=SynthesizeParams(pairs_per_class=pairs, source_below=below),
        generator=torch.Generator().manual_seed(seed),
    )


@pytest.mark.parametrize("init", ["ppca", "random"])
@pytest.mark.parametrize("with_mixture", [True, False])
def test_target_classes_get_unit_norm_pairs(params, mixtures, init, with_mixture):
    training = make_training(shots=1)
    steered_by = mixtures if with_mixture else None
    model = train(training, params.model_copy(update={"init": init}), steered_by)
    pseudo = make(model, training, steered_by)
    np.testing.assert_array_equal(pseudo.classes, np.repeat([3, 4, 5], 10))
    for side in (pseudo.image, pseudo.text):
        assert side.shape == (30, D)
        assert side.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(side, axis=1), 1, rtol=1e-5)
    in_range = pseudo.components >= 0 if with_mixture else pseudo.components == -1
    assert in_range.all()
    assert pseudo.components.dtype == pseudo.classes.dtype == np.int64


@pytest.mark.parametrize(("pairs", "below"), [(0, 0), (0, 99)])
def test_no_pairs_asked_for(training, params, pairs, below):
    pseudo = make(train(training, params), training, pairs=pairs, below=below)
    assert pseudo.image.shape == pseudo.text.shape == (0, D)


def test_thin_source_classes_get_pairs_if_asked(training, params):
    """Class 0 keeps 5 of its 20 rows; support rows do not count as rows of a source class."""
    kept = np.ones(len(training.labels), bool)
    kept[5:20] = False
    thin = replace(
        training,
        image=training.image[kept],
        text=training.text[kept],
        labels=training.labels[kept],
        is_support=training.is_support[kept],
    )
    model = train(thin, params)
    for below, expected in [(5, {3, 4, 5}), (6, {0, 3, 4, 5}), (21, set(range(6)))]:
        assert set(make(model, thin, below=below).classes) == expected


@pytest.mark.parametrize("pairs", [1, 2, 15])
def test_the_mean_of_a_class_is_the_estimated_one_whatever_the_noise(training, params, pairs):
    """Small residuals, so that normalising moves next to nothing."""
    model = train(training, params.model_copy(update={"steps": 0}))
    with torch.no_grad():
        model.generator.loadings *= 0.01
        model.generator.noise *= 0.01
    pseudo = make(model, training, pairs=pairs)
    for side, means in zip((pseudo.image, pseudo.text), model.means.numpy(), strict=True):
        found = normalise(side.reshape(3, pairs, D).mean(1))
        np.testing.assert_allclose(found, normalise(means[3:]), atol=1e-3)


def test_pairs_vary_together_as_source_residuals_do(params):
    """Untrained start: the joint covariance of generated residuals is that of the source's."""
    training = make_training(shots=0, rows=200)
    start = params.model_copy(update={"steps": 0, "latent_dim": 8})
    pseudo = make(train(training, start), training, pairs=3000)

    def joint(image, text, classes):
        joined = np.concatenate([image, text], axis=1).astype(np.float64)
        means = np.stack([joined[classes == each].mean(0) for each in range(6) if each in classes])
        return np.cov(joined - means[np.unique(classes, return_inverse=True)[1]], rowvar=False)

    real = joint(training.image, training.text, training.labels.argmax(1))
    fake = joint(pseudo.image, pseudo.text, pseudo.classes)
    across_real, across_fake = real[:D, D:].ravel(), fake[:D, D:].ravel()
    assert np.corrcoef(across_real, across_fake)[0, 1] > 0.9
    assert 0.6 < np.trace(fake) / np.trace(real) < 1.4


def test_the_same_seed_gives_the_same_bytes(training, params, mixtures):
    model = train(training, params, mixtures)
    one, same, other = (make(model, training, mixtures, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.image, same.image)
    assert not np.array_equal(one.image, other.image)


def test_every_peak_of_a_class_gets_its_share(training, params, mixtures):
    """Steered draws follow the mixture's shares more closely than chance does."""
    model = train(training, params.model_copy(update={"steps": 0}), mixtures)

    def shares_of_peaks(pairs, seed):
        components = make(model, training, mixtures, pairs=pairs, seed=seed).components
        rows = components.reshape(3, pairs)
        return np.stack([np.bincount(row, minlength=3) for row in rows]) / pairs

    shares = shares_of_peaks(4000, seed=99)
    assert (shares > 0.02).sum() > 3  # some class has several peaks
    few = 20
    errors = np.stack([shares_of_peaks(few, seed) - shares for seed in range(40)])
    chance = (shares * (1 - shares)).sum() / few
    assert np.square(errors).sum(axis=(1, 2)).mean() < 0.5 * chance
