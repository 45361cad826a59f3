"""Greys of 16 and 32 bits are shown with their own black and white, wherever these are."""

import numpy as np
import pytest
from PIL import Image

from tests.pictures.files import RAMP, decoded, encoded, tiff
from xshot.pictures import BadImageError, decode_image


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_to_eight(file_format):
    deep = Image.fromarray(RAMP.astype(np.uint16) * 257)
    np.testing.assert_array_equal(decoded(deep, file_format)[..., 0], RAMP)


def test_a_dark_image_of_sixteen_bits_stays_dark():
    assert decoded(Image.fromarray(np.full((4, 4), 200, np.uint16))).max() == 1


@pytest.mark.parametrize("scale", [1, 1 / 255])
def test_floats_up_to_255_or_up_to_1(scale):
    image = Image.fromarray(RAMP.astype(np.float32) * np.float32(scale))
    np.testing.assert_array_equal(decoded(image, "TIFF")[..., 0], RAMP)


@pytest.mark.parametrize("scale", [1, 257])
def test_integers_of_32_bits_that_hold_8_or_16(scale):
    image = Image.fromarray(RAMP.astype(np.int32) * scale)
    np.testing.assert_array_equal(decoded(image, "TIFF")[..., 0], RAMP)


@pytest.mark.parametrize(
    ("low", "high"), [(-1, 1), (-9000, -3), (0, 2.0**31 - 129), (1e6, 1e6 + 255), (-1e-30, 1e-30)]
)
@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_values_of_no_usual_range_go_from_the_lowest_to_the_highest(low, high, dtype):
    values = (low + (high - low) * (RAMP / RAMP.max())).astype(dtype)
    exact = values.astype(float) - values.min()
    expected = np.rint(exact / (exact.max() or 1) * 255)
    np.testing.assert_array_equal(decoded(Image.fromarray(values), "TIFF")[..., 0], expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_greys_whose_zero_is_white(dtype):
    values = RAMP.astype(dtype) * (257 if dtype is np.uint16 else 1)
    shown = np.asarray(decode_image(tiff(values, photometric=0)))
    np.testing.assert_array_equal(shown[..., 0], 255 - RAMP)


@pytest.mark.parametrize("nothing", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_white(nothing):
    values = RAMP.astype(np.float32)
    values[:3] = nothing
    expected = np.where(np.isfinite(values), values, 255)
    np.testing.assert_array_equal(decoded(Image.fromarray(values), "TIFF")[..., 0], expected)
    with pytest.raises(BadImageError, match="no value is finite"):
        decode_image(encoded(Image.fromarray(np.full((4, 4), nothing, np.float32)), "TIFF"))
