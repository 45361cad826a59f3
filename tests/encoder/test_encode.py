"""A row's features: unit norm, and the same bits whatever else is encoded with it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from tests.encoder.conftest import load, picture
from xshot.encoder.workers import map_in_order
from xshot.errors import UserError

TEXTS = [
    "a picture of a dog",
    "red square",
    "the icon of the blue circle line",
    "a cat",
    "green",
    "a drawing of the emoji [PAD] cat",
    "the emoji of a red line the emoji of a red line the emoji of a red line",
    "red red red red red",
]


def test_features_are_unit_norm_float32(encoder, pictures):
    for features in (encoder.encode_images(pictures), encoder.encode_texts(TEXTS)):
        assert features.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(features, axis=1), 1, atol=1e-6)


def test_an_image_has_the_same_bits_in_any_company(encoder, pictures):
    together = encoder.encode_images(pictures)
    alone = np.concatenate([encoder.encode_images([image]) for image in pictures])
    np.testing.assert_array_equal(alone, together)
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(pictures))
        shuffled = encoder.encode_images([pictures[row] for row in order])
        np.testing.assert_array_equal(shuffled, together[order])


def test_a_text_has_the_same_bits_in_any_company(encoder):
    together = encoder.encode_texts(TEXTS)
    alone = np.concatenate([encoder.encode_texts([text]) for text in TEXTS])
    np.testing.assert_array_equal(alone, together)
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(TEXTS))
        shuffled = encoder.encode_texts([TEXTS[row] for row in order])
        np.testing.assert_array_equal(shuffled, together[order])


def test_threads_side_by_side_change_no_bit(encoder, pictures):
    expected = encoder.encode_images(pictures)
    for threads in (1, 3):
        batches = map_in_order(encoder.encode_images, [[p] for p in pictures], threads=threads)
        np.testing.assert_array_equal(np.concatenate(list(batches)), expected)


@pytest.mark.parametrize("name", ["ViT-B-32", "RN50"])
@pytest.mark.slow
def test_bits_and_precision_at_full_size(tmp_path, name):
    import open_clip

    from tests.encoder.folders import write_folder

    folder = write_folder(tmp_path / name, open_clip.get_model_config(name))
    rng = np.random.default_rng(0)
    images = [picture(rng, size=240) for _ in range(9)]
    exact = load(folder, "float32").encode_images(images)
    encoder = load(folder, "bfloat16")
    together = encoder.encode_images(images)
    assert (together * exact).sum(axis=1).min() > 0.999
    for row in (0, 5, 8):
        np.testing.assert_array_equal(encoder.encode_images([images[row]])[0], together[row])


def overflowing(encoder, bright):
    """The encoder with one channel of 60,000 times the mean pixel, in shares of `bright`."""
    channel = encoder.model.visual.conv1.weight[0]
    with torch.no_grad():
        channel.fill_(60000 / bright / channel.numel())
    return encoder


def test_rows_that_overflow_float16_have_float32_s_bits(vit_folder):
    levels = [Image.new("RGB", (48, 48), (level,) * 3) for level in range(0, 256, 15)]
    encoder, exact = (overflowing(load(vit_folder, name), 1.45) for name in ("float16", "float32"))
    loads = []
    encoder = replace(encoder, exact=lambda: loads.append(1) or exact)
    found = encoder.encode_images(levels)
    expected = exact.encode_images(levels)
    same = (found == expected).all(axis=1)
    assert len(loads) == 1
    assert 0 < same.sum() < len(levels)
    assert same.tolist() == sorted(same)  # the brightest
    assert (found * expected).sum(axis=1).min() > 0.999


def test_float32_is_loaded_once_and_said(vit_folder, pictures, caplog):
    encoder = load(vit_folder, "float16")
    assert load(vit_folder, "float32").exact is None
    exact = encoder.exact()
    assert encoder.exact() is exact
    np.testing.assert_array_equal(
        exact.encode_images(pictures), load(vit_folder).encode_images(pictures)
    )
    assert caplog.messages == ["some rows overflow in float16; these are encoded in float32"]


def test_damaged_weights_are_one_line(vit_folder, pictures):
    encoder = load(vit_folder)
    with torch.no_grad():
        nn.init.constant_(encoder.model.visual.proj, torch.inf)
    with pytest.raises(UserError, match=r"clip.weights: the features are not finite"):
        encoder.encode_images(pictures[:1])
