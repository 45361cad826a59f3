"""A class that is added later is as if it had been there from the start."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.projector.conftest import make_training
from xshot.episode.training_set import Centring
from xshot.projector.choice import Choice
from xshot.projector.embedder import Embedder
from xshot.projector.fitting import assemble, evidence_of, projected_evidence
from xshot.projector.networks import GatedProjector
from xshot.projector.params import ProjectorParams
from xshot.search.classes import NewClass, add_classes
from xshot.variants import VARIANTS

WEIGHTS = {
    "name": 5.0, "members": 4.0, "probe": 1.0, "regression": 2.0, "projected": 3.0, "source": 0.5
}  # fmt: skip
CHOICE = Choice(steps=1, calibration=0.0, weights={"image": WEIGHTS, "text": WEIGHTS})


@pytest.fixture
def params():
    return ProjectorParams(
        hidden=16, dropout=0.0, gate_bias=0.0, lr=1e-2, weight_decay=0.0, batch_size=16,
        classification=1.0, class_temperature=0.1, contrast=1.0, contrast_within=0.5,
        contrast_temperature=0.2, distances=1.0, coordinates=3.0, prompt_weight=2.5, shrinkage=0.4,
        sharpness=10.0,
    )  # fmt: skip


def make_embedder(training, variant, params):
    """A projector with random weights, and the coordinates of `training` around it."""
    projector = None
    if VARIANTS[variant].projector:
        generator = torch.Generator().manual_seed(1)
        projector = GatedProjector(8, 16, gate=True, gate_bias=0.0, generator=generator).eval()
        projector.requires_grad_(False)
    evidence = evidence_of(training, VARIANTS[variant], params)
    if projector is not None:
        evidence = projected_evidence(evidence, training, projector, params)
    return assemble(training, projector, evidence, params, CHOICE)


def without(training, classes):
    """The same, not knowing of the last `classes` classes."""
    kept = ~training.labels[:, -classes:].any(axis=1)
    return replace(
        training,
        image=training.image[kept],
        text=training.text[kept],
        labels=training.labels[kept, :-classes],
        is_support=training.is_support[kept],
        prompts=training.prompts[:-classes],
        is_target=training.is_target[:-classes],
    )


def new_class(training, place):
    """One of its classes, as a user brings it; the centring of these tests is zero."""
    rows = training.labels[:, place]
    return NewClass(
        f"class {place}", training.prompts[place], training.image[rows], training.text[rows]
    )


@pytest.mark.parametrize("variant", ["xshot", "posterior", "tip_adapter"])
@pytest.mark.parametrize("shots", [0, 1, 3])
@pytest.mark.parametrize("count", [1, 2])
def test_added_classes_equal_those_that_were_there_from_the_start(variant, shots, count, params):
    rng = np.random.default_rng(3)
    training = make_training(rng, shots)
    whole = make_embedder(training, variant, params)
    part = make_embedder(without(training, count), variant, params)
    extended = add_classes(part, [new_class(training, 6 - count + i) for i in range(count)])
    features = rng.normal(size=(20, 8)).astype(np.float32)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    for embed in ("embed_image", "embed_text"):
        ours, expected = (getattr(model, embed)(features) for model in (extended, whole))
        np.testing.assert_allclose(ours, expected, atol=2e-5)
        before = getattr(part, embed)(features)
        assert before.shape[1] + count == ours.shape[1]


def test_examples_of_one_modality_leave_the_other_to_the_name(params):
    training = make_training(np.random.default_rng(3), shots=2)
    part = make_embedder(without(training, 1), "xshot", params)
    new = new_class(training, 5)
    both = add_classes(part, [new])
    images_only = add_classes(part, [replace(new, text=new.text[:0])])
    name_only = add_classes(part, [replace(new, text=new.text[:0], image=new.image[:0])])
    features = training.image[:4]

    def heard(model, side):
        """Evidence but for the regression, which learns from both modalities."""
        known = model.coordinates[side].evidence
        return np.delete(known.scores(features, features), known.kinds.index("regression"), 0)

    np.testing.assert_array_equal(heard(both, 0), heard(images_only, 0))
    np.testing.assert_array_equal(heard(name_only, 1), heard(images_only, 1))
    assert (heard(both, 1) != heard(images_only, 1)).any()


def test_many_examples_are_thinned_as_in_training(params):
    training = make_training(np.random.default_rng(3), shots=2)
    part = make_embedder(without(training, 1), "xshot", params)
    new = new_class(training, 5)
    many = replace(new, image=np.repeat(new.image, 100, axis=0))
    evidence = add_classes(part, [many]).coordinates[0].evidence
    assert len(evidence.members) == len(part.coordinates[0].evidence.members) + 64 + 1
    np.testing.assert_allclose(evidence.shares.sum(axis=0), 1, atol=1e-5)


def test_nothing_added_changes_nothing(params):
    part = make_embedder(make_training(np.random.default_rng(3), 2), "xshot", params)
    assert add_classes(part, []) is part


def test_without_coordinates_there_are_no_classes_to_add_to():
    zero = np.zeros(8, np.float32)
    new = new_class(make_training(np.random.default_rng(3), 2), 5)
    with pytest.raises(ValueError, match="no classes"):
        add_classes(Embedder(Centring(zero, zero)), [new])


@pytest.mark.parametrize("variant", ["xshot", "posterior", "tip_adapter"])
def test_classes_are_added_to_pictures_of_several_texts_as_from_the_start(variant, params):
    """Two pictures of a source class and one of a target class have more texts than others."""
    plain = make_training(np.random.default_rng(3), shots=3)
    rows = np.sort(np.r_[np.arange(24), [0, 0, 0, 6, 15]])
    texts = plain.text[rows] + 0.1 * np.arange(len(rows))[:, None]
    training = replace(
        plain,
        image=plain.image[rows],
        text=(texts / np.linalg.norm(texts, axis=1, keepdims=True)).astype(np.float32),
        labels=plain.labels[rows],
        is_support=plain.is_support[rows],
        image_rows=np.searchsorted(rows, rows),
    )
    kept = ~training.labels[:, 5]
    part = replace(without(training, 1), image_rows=training.image_rows[kept])
    extended = add_classes(make_embedder(part, variant, params), [new_class(training, 5)])
    whole = make_embedder(training, variant, params)
    features = plain.image[::4]
    for embed in ("embed_image", "embed_text"):
        ours, expected = (getattr(model, embed)(features) for model in (extended, whole))
        np.testing.assert_allclose(ours, expected, atol=2e-5)
