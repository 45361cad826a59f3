"""What a model answers, in the shapes and names that scikit-learn's users expect."""

import pickle

import numpy as np
import pytest
import torch

import xshot
from tests.model.conftest import SMALL
from xshot.errors import UserError
from xshot.model import blocks


def test_embeddings_are_of_unit_norm_and_rank_by_inner_product(arrays, model):
    images, texts = model.embed_images(arrays.images), model.embed_texts(arrays.texts)
    assert images.shape == texts.shape
    assert images.dtype == texts.dtype == np.float32
    for side in (images, texts):
        np.testing.assert_allclose(np.linalg.norm(side, axis=1), 1, atol=1e-5)
    scores = images @ texts.T
    same = arrays.labels[:, None] == arrays.labels
    assert scores[same].mean() > scores[~same].mean()


def test_tensors_give_the_same_bits(arrays, model):
    for convert in (torch.from_numpy, np.asfortranarray, np.float64):
        found = model.embed_texts(convert(arrays.texts))
        assert found.tobytes() == model.embed_texts(arrays.texts).tobytes()


@pytest.mark.parametrize("side", ["images", "texts"])
def test_probabilities_have_a_column_for_each_of_classes_(arrays, model, side):
    shares = model.predict_proba(**{side: getattr(arrays, side)})
    assert shares.shape == (len(arrays.images), len(model.classes_))
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    assert (model.classes_[shares.argmax(axis=1)] == arrays.labels).mean() > 0.8


def test_many_rows_go_by_blocks(arrays, model, monkeypatch):
    whole = model.predict_proba(arrays.images), model.embed_images(arrays.images)
    monkeypatch.setattr(blocks, "BLOCK_ROWS", 7)
    parts = model.predict_proba(arrays.images), model.embed_images(arrays.images)
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_a_model_is_shown_in_a_line(model):
    assert repr(model) == (
        "Model(variant='xshot', dimensions=16, source_classes=4, target_classes=2)"
    )


def test_a_model_can_be_pickled(arrays, model):
    again = pickle.loads(pickle.dumps(model))
    assert again.embed_images(arrays.images).tobytes() == (
        model.embed_images(arrays.images).tobytes()
    )


def test_a_variant_without_a_posterior_has_no_probabilities(arrays):
    fitted = xshot.fit(*arrays.rows("train"), **arrays.classes, **SMALL, variant="centred_clip")
    assert fitted.embed_images(arrays.images).shape == arrays.images.shape
    with pytest.raises(UserError, match="variant centred_clip has no class-posterior"):
        fitted.predict_proba(arrays.images)


@pytest.mark.parametrize("call", ["embed_images", "embed_texts", "predict_proba"])
@pytest.mark.parametrize(
    ("features", "complaint"),
    [
        (np.ones((2, 3)), "3 dimensions where 16 are expected"),
        (np.ones(16), "expected numbers of shape"),
        (np.full((2, 16), np.nan), "row 1 is zero or not finite"),
        (np.zeros((2, 16)), "row 1 is zero or not finite"),
        (np.ones((0, 16)), "empty"),
    ],
)
def test_features_that_do_not_fit_are_refused(model, call, features, complaint):
    with pytest.raises(UserError, match=complaint):
        getattr(model, call)(features)


def test_probabilities_are_of_one_side(arrays, model):
    for given in ({}, {"images": arrays.images, "texts": arrays.texts}):
        with pytest.raises(ValueError, match="give images or texts"):
            model.predict_proba(**given)
