from dataclasses import replace

import numpy as np
import pytest

from tests.report.outcomes import unit
from xshot.episode.training_set import Centring, TrainingSet
from xshot.report.generation import compare_generation
from xshot.store.pseudo import PseudoFeatures

CLASSES, DIMENSIONS, PAIRS = 6, 12, 7
IS_TARGET = np.arange(CLASSES) % 2 == 0


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
    nowhere = np.zeros(DIMENSIONS, np.float32)
    training = TrainingSet(
        image=rows_of(rng, means, of_training),
        text=rows_of(rng, means, of_training),
        labels=of_training[:, None] == np.arange(CLASSES),
        is_support=np.arange(len(of_training)) >= 10 * len(source),
        prompts=means,
        is_target=IS_TARGET,
        centring=Centring(nowhere, nowhere),
        hash="",
    )
    pseudo = PseudoFeatures(
        rows_of(rng, means, of_pseudo),
        rows_of(rng, means, of_pseudo),
        of_pseudo,
        np.full(len(of_pseudo), -1),
    )
    heldout = {
        "image": rows_of(rng, means, of_test),
        "text": rows_of(rng, means, of_test),
        "labels": of_test[:, None] == np.arange(CLASSES),
    }
    return training, pseudo, heldout


def compare(training, pseudo, heldout):
    rng = np.random.default_rng(1)
    return compare_generation(pseudo, training, **heldout, prompt_weight=2.0, rng=rng)


def test_only_rows_of_target_classes_are_compared(scene):
    training, pseudo, heldout = scene
    generation = compare(*scene)
    real = heldout["labels"][:, IS_TARGET].any(axis=1)
    generated = IS_TARGET[pseudo.classes]
    for modality in ("image", "text"):
        np.testing.assert_array_equal(generation.real[modality], heldout[modality][real])
        expected = getattr(pseudo, modality)[generated]
        np.testing.assert_array_equal(generation.pseudo[modality], expected)


def test_every_generator_is_measured_against_the_same_real_rows(scene):
    generation = compare(*scene)
    for scores in generation.quality.values():
        assert list(scores)[0] == "trained"
        assert len(scores) == 4
        assert abs(scores["trained"].variance_ratio - 1) < 0.5
        assert scores["trained"].accuracy == 1


def test_without_support_there_is_nothing_to_blur(scene):
    training, pseudo, heldout = scene
    shots = ~training.is_support
    zero_shot = replace(
        training,
        image=training.image[shots],
        text=training.text[shots],
        labels=training.labels[shots],
        is_support=training.is_support[shots],
    )
    assert "support + noise" in compare(*scene).quality["image"]
    assert "support + noise" not in compare(zero_shot, pseudo, heldout).quality["image"]


def test_a_variant_that_generates_nothing_has_nothing_to_compare(scene):
    training, _, heldout = scene
    assert compare(training, PseudoFeatures.empty(DIMENSIONS), heldout) is None


def test_too_few_rows_are_shown_and_not_measured(scene):
    training, pseudo, heldout = scene
    few = {name: rows[::6] for name, rows in heldout.items()}  # one row per class
    generation = compare(training, pseudo, few)
    assert len(generation.real["image"]) == IS_TARGET.sum()
    assert generation.quality == {}


def test_the_same_run_gives_the_same_scores(scene):
    assert compare(*scene).quality == compare(*scene).quality
