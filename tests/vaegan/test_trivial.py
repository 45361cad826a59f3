import numpy as np
import pytest

from tests.vaegan.conftest import make_training
from xshot.episode.class_means import class_means
from xshot.vaegan.trivial import prompt_noise, residual_bootstrap, support_noise

PAIRS = 300


@pytest.fixture
def rng():
    return np.random.default_rng(2)


def generators(training, rng):
    return [
        prompt_noise(training, 4, deviation=0.5, rng=rng),
        support_noise(training, 4, deviation=0.5, rng=rng),
        residual_bootstrap(training, 4, prompt_weight=2.0, rng=rng),
    ]


@pytest.mark.parametrize("k_shot", [0, 1, 3])
def test_unit_norm_pairs_of_every_target_class(rng, k_shot):
    for pseudo in generators(make_training(shots=k_shot), rng):
        np.testing.assert_array_equal(pseudo.classes, np.repeat([3, 4, 5], 4))
        np.testing.assert_array_equal(pseudo.components, -1)
        for side in (pseudo.image, pseudo.text):
            assert side.dtype == np.float32
            np.testing.assert_allclose(np.linalg.norm(side, axis=1), 1, rtol=1e-5)


def test_noise_is_as_long_as_told(training, rng):
    """A unit vector with noise of length d keeps the cosine 1 / sqrt(1 + d^2) with itself."""
    pseudo = prompt_noise(training, PAIRS, deviation=0.5, rng=rng)
    for side in (pseudo.image, pseudo.text):
        cosines = (side * training.prompts[pseudo.classes]).sum(1)
        assert cosines.mean() == pytest.approx(1 / 1.25**0.5, abs=0.02)
    assert not np.array_equal(pseudo.image, pseudo.text)


def test_without_noise_support_pairs_take_turns(training, rng):
    pseudo = support_noise(training, 3, deviation=0.0, rng=rng)
    for target in (3, 4, 5):
        first, second = np.flatnonzero(training.labels[:, target])
        rows = [first, second, first]
        np.testing.assert_allclose(
            pseudo.image[pseudo.classes == target], training.image[rows], atol=1e-6
        )
        np.testing.assert_allclose(
            pseudo.text[pseudo.classes == target], training.text[rows], atol=1e-6
        )


def test_without_support_it_is_the_prompt(rng):
    training = make_training(shots=0)
    pseudo = support_noise(training, 2, deviation=0.0, rng=rng)
    np.testing.assert_allclose(pseudo.text, training.prompts[pseudo.classes], atol=1e-6)


def test_bootstrap_adds_the_residual_of_one_source_pair_to_both_modalities(rng):
    """Two source classes of one row each: no residual, so the class means remain."""
    training = make_training(shots=1, rows=1)
    means = class_means(training, prompt_weight=2.0)
    pseudo = residual_bootstrap(training, 2, prompt_weight=2.0, rng=rng)
    expected = means.image[pseudo.classes]
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(pseudo.image, expected, atol=1e-6)


def test_bootstrapped_pairs_vary_as_source_pairs_do(rng):
    training = make_training(shots=0, rows=100)
    pseudo = residual_bootstrap(training, 1000, prompt_weight=2.0, rng=rng)

    def across(image, text, classes):
        sides = []
        for side in (image, text):
            centres = np.stack([side[classes == each].mean(0) for each in classes])
            sides.append(side - centres)
        return (sides[0].T @ sides[1] / len(classes)).ravel()

    source = across(training.image, training.text, training.labels.argmax(1))
    fake = across(pseudo.image, pseudo.text, pseudo.classes)
    assert np.corrcoef(source, fake)[0, 1] > 0.9
