from dataclasses import replace

import numpy as np
import pytest

from tests.report.outcomes import unit
from xshot.episode.training_set import Centring, TrainingSet
from xshot.report.generation import compare_generation
from xshot.store.features import Features
from xshot.store.pseudo import PseudoFeatures

CLASSES, DIMENSIONS, PAIRS = 6, 12, 7
IS_TARGET = np.arange(CLASSES) % 2 == 0
SHIFT = np.linspace(0, 1, DIMENSIONS, dtype=np.float32)


def rows_of(rng, means, classes):
    return unit(means[classes] + 0.2 * rng.normal(size=(len(classes), DIMENSIONS)))


@pytest.fixture
def scene():
    """Training rows, held-out rows and generated rows around the same class means."""
    rng = np.random.default_rng(0)
    means = unit(rng.normal(size=(CLASSES, DIMENSIONS)))
    source, target = np.flatnonzero(~IS_TARGET), np.flatnonzero(IS_TARGET)
    of_training = np.concatenate([np.repeat(source, 10), np.repeat(target, 2)])
    of_test = np.repeat(np.arange(CLASSES), 6)
    of_pseudo = np.repeat(np.append(target, source[0]), PAIRS)  # one thin source class too
    training = TrainingSet(
        image=rows_of(rng, means, of_training),
        text=rows_of(rng, means, of_training),
        labels=of_training[:, None] == np.arange(CLASSES),
        is_support=np.arange(len(of_training)) >= 10 * len(source),
        prompts=means,
        is_target=IS_TARGET,
        centring=Centring(SHIFT, -SHIFT),
        hash="",
    )
    pseudo = PseudoFeatures(
        rows_of(rng, means, of_pseudo),
        rows_of(rng, means, of_pseudo),
        of_pseudo,
        np.full(len(of_pseudo), -1),
    )
    heldout = Features(
        tuple(map(str, range(len(of_test)))),
        rows_of(rng, means, of_test) + SHIFT,
        rows_of(rng, means, of_test) - SHIFT,
    )
    return training, pseudo, heldout, of_test[:, None] == np.arange(CLASSES)


def compare(training, pseudo, heldout, labels):
    rng = np.random.default_rng(1)
    return compare_generation(
        pseudo,
        training,
        heldout,
        labels,
        image_rows=np.arange(len(labels)),
        prompt_weight=2.0,
        rng=rng,
    )


def test_only_rows_of_target_classes_are_compared(scene):
    _, pseudo, heldout, labels = scene
    generation = compare(*scene)
    real = labels[:, IS_TARGET].any(axis=1)
    generated = IS_TARGET[pseudo.classes]
    for modality in ("image", "text"):
        centred = getattr(heldout, modality)[real] - SHIFT * (1 if modality == "image" else -1)
        np.testing.assert_allclose(generation.real[modality], unit(centred), atol=1e-6)
        expected = getattr(pseudo, modality)[generated]
        np.testing.assert_array_equal(generation.pseudo[modality], expected)


def test_every_generator_is_measured_against_the_same_real_rows(scene):
    generation = compare(*scene)
    for scores in generation.quality.values():
        assert next(iter(scores)) == "trained"
        assert len(scores) == 4
        assert abs(scores["trained"].variance_ratio - 1) < 0.5
        assert scores["trained"].accuracy == 1


def test_without_support_there_is_nothing_to_blur(scene):
    training, *others = scene
    shots = ~training.is_support
    zero_shot = replace(
        training,
        image=training.image[shots],
        text=training.text[shots],
        labels=training.labels[shots],
        is_support=training.is_support[shots],
    )
    assert "support + noise" in compare(*scene).quality["image"]
    assert "support + noise" not in compare(zero_shot, *others).quality["image"]


def test_a_variant_that_generates_nothing_has_nothing_to_compare(scene):
    training, _, *others = scene
    assert compare(training, PseudoFeatures.empty(DIMENSIONS), *others) is None


def test_too_few_rows_are_shown_and_not_measured(scene):
    training, pseudo, heldout, labels = scene
    one_each = Features(heldout.ids[::6], heldout.image[::6], heldout.text[::6])
    generation = compare(training, pseudo, one_each, labels[::6])
    assert len(generation.real["image"]) == IS_TARGET.sum()
    assert generation.quality == {}


def test_the_same_run_gives_the_same_scores(scene):
    assert compare(*scene).quality == compare(*scene).quality


@pytest.mark.filterwarnings("error")
def test_texts_of_which_a_few_differ_are_measured_or_left_out(scene):
    training, pseudo, heldout, labels = scene
    texts = np.eye(CLASSES, DIMENSIONS, dtype=np.float32)[labels.argmax(axis=1)] - SHIFT
    texts[0] = np.eye(DIMENSIONS, dtype=np.float32)[7] - SHIFT
    few = pseudo.classes != pseudo.classes[0]
    few[np.flatnonzero(~few)[:2]] = True  # of the odd row's class two are generated
    fewer = PseudoFeatures(
        pseudo.image[few], pseudo.text[few], pseudo.classes[few], pseudo.components[few]
    )
    for seed in range(6):
        found = compare_generation(
            fewer,
            training,
            replace(heldout, text=texts),
            labels,
            image_rows=np.arange(len(labels)),
            prompt_weight=2.0,
            rng=np.random.default_rng(seed),
        )
        assert "image" in found.quality


def test_a_modality_that_does_not_vary_within_classes_is_not_measured(scene):
    training, pseudo, heldout, labels = scene
    texts = np.eye(CLASSES, DIMENSIONS, dtype=np.float32)[labels.argmax(axis=1)] - SHIFT
    found = compare(training, pseudo, replace(heldout, text=texts), labels)
    assert list(found.quality) == ["image"]
    assert set(found.real) == {"image", "text"}


def test_a_picture_of_several_texts_is_one_image(scene):
    """Its repeats would be its nearest neighbours, and every other image out of reach."""
    training, pseudo, heldout, labels = scene
    often = np.repeat(np.arange(len(labels)), 5)
    repeated = Features(
        tuple(f"{row} {n}" for n, row in enumerate(often)),
        heldout.image[often],
        heldout.text[often],
    )
    found = compare_generation(
        pseudo,
        training,
        repeated,
        labels[often],
        image_rows=often * 5,
        prompt_weight=2.0,
        rng=np.random.default_rng(0),
    )
    plain = compare(training, pseudo, heldout, labels)
    np.testing.assert_array_equal(found.real["image"], plain.real["image"])
    assert len(found.real["text"]) == 5 * len(plain.real["text"])
