"""The GPU computes what the CPU does, within rounding (`pytest -m gpu`).

Tolerances: float32 sums in another order; in 16 bits a cosine with the CPU's float32 over 0.999,
as on the CPU itself (test_towers), and float16, the default, much nearer.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.encoder.conftest import load
from tests.support.gpu import DEVICE, NEEDS_GPU
from xshot.encoder.folder import read_folder
from xshot.encoder.loading import load_encoder

pytestmark = NEEDS_GPU

TEXTS = ["a picture of a dog", "red square", "the icon of the blue circle line", "a cat"]
ROWS_PER_PASS = 8
COSINES = {"bfloat16": 0.999, "float16": 0.9999}


def on_gpu(folder, precision):
    return load_encoder(
        read_folder(folder),
        precision=precision,
        device=DEVICE,
        batch_size=ROWS_PER_PASS,
        long_texts="truncate",
    )


def features(encoder, pictures):
    return np.concatenate([encoder.encode_images(pictures), encoder.encode_texts(TEXTS)])


def test_float32_is_the_cpu_s(folder, pictures):
    expected = features(load(folder), pictures)
    found = features(on_gpu(folder, "float32"), pictures)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("precision", COSINES)
def test_sixteen_bits_stay_near_float32(folder, pictures, precision):
    encoder = on_gpu(folder, precision)
    assert {p.dtype for p in encoder.model.parameters()} >= {getattr(torch, precision)}
    cosines = (features(encoder, pictures) * features(load(folder), pictures)).sum(axis=1)
    assert cosines.min() > COSINES[precision]


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_a_row_has_the_same_bits_in_any_company(folder, pictures, precision):
    encoder = on_gpu(folder, precision)
    together = encoder.encode_images(pictures)
    order = np.random.default_rng(0).permutation(len(pictures))
    shuffled = encoder.encode_images([pictures[row] for row in order])
    np.testing.assert_array_equal(shuffled, together[order])
    alone = np.concatenate([encoder.encode_images([picture]) for picture in pictures])
    np.testing.assert_array_equal(alone, together)


def test_a_second_encoder_gives_the_same_bits(folder, pictures):
    first, second = (features(on_gpu(folder, "float16"), pictures) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_rows_that_overflow_float16_have_float32_s_bits(vit_folder, pictures):
    encoder, exact = on_gpu(vit_folder, "float16"), on_gpu(vit_folder, "float32")
    with torch.no_grad():
        encoder.model.visual.conv1.weight.fill_(torch.inf)
    found = replace(encoder, exact=lambda: exact).encode_images(pictures)
    np.testing.assert_array_equal(found, exact.encode_images(pictures))


@pytest.mark.skipif(DEVICE == "cpu", reason="memory is pinned for a GPU")
def test_rows_come_to_the_gpu_from_pinned_memory(folder, pictures, monkeypatch):
    pinned = []
    pin_memory = torch.Tensor.pin_memory
    monkeypatch.setattr(
        torch.Tensor, "pin_memory", lambda self: pinned.append(len(self)) or pin_memory(self)
    )
    on_gpu(folder, "float32").encode_images(pictures)
    assert pinned == [ROWS_PER_PASS] * -(-len(pictures) // ROWS_PER_PASS)
