"""The GPU computes what the CPU does, within rounding. (Needs a CUDA device: `pytest -m gpu`.)

Tolerances: in float32 convolutions may be computed in TF32, which keeps 10 bits of a factor, so a
feature of unit norm may be off by 2e-3 in any of its numbers; in 16 bits its cosine with the
CPU's float32 must be over 0.999, as on the CPU itself (test_towers).
"""

import numpy as np
import pytest
import torch

from tests.encoder.conftest import load
from xshot.encoder.folder import read_folder
from xshot.encoder.loading import load_encoder

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]

TEXTS = ["a picture of a dog", "red square", "the icon of the blue circle line", "a cat"]
ROWS_PER_PASS = 8


def on_gpu(folder, precision):
    return load_encoder(
        read_folder(folder),
        precision=precision,
        device="cuda:0",
        batch_size=ROWS_PER_PASS,
        long_texts="truncate",
    )


def features(encoder, pictures):
    return np.concatenate([encoder.encode_images(pictures), encoder.encode_texts(TEXTS)])


def test_float32_is_the_cpu_s(folder, pictures):
    expected = features(load(folder), pictures)
    found = features(on_gpu(folder, "float32"), pictures)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-3)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_sixteen_bits_stay_within_a_cosine_of_0_999(folder, pictures, precision):
    if precision == "bfloat16" and not torch.cuda.is_bf16_supported(including_emulation=False):
        pytest.skip("no bfloat16 on this GPU")
    encoder = on_gpu(folder, precision)
    assert {p.dtype for p in encoder.model.parameters()} >= {getattr(torch, precision)}
    cosines = (features(encoder, pictures) * features(load(folder), pictures)).sum(axis=1)
    assert cosines.min() > 0.999


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_a_row_has_the_same_bits_in_any_company(folder, pictures, precision):
    encoder = on_gpu(folder, precision)
    together = encoder.encode_images(pictures)
    order = np.random.default_rng(0).permutation(len(pictures))
    shuffled = encoder.encode_images([pictures[row] for row in order])
    np.testing.assert_array_equal(shuffled, together[order])
    alone = np.concatenate([encoder.encode_images([picture]) for picture in pictures])
    np.testing.assert_array_equal(alone, together)


def test_rows_come_to_the_gpu_from_pinned_memory(folder, pictures, monkeypatch):
    pinned = []
    pin_memory = torch.Tensor.pin_memory
    monkeypatch.setattr(
        torch.Tensor, "pin_memory", lambda self: pinned.append(len(self)) or pin_memory(self)
    )
    on_gpu(folder, "float32").encode_images(pictures)
    assert pinned == [ROWS_PER_PASS] * -(-len(pictures) // ROWS_PER_PASS)
