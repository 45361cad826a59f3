"""Decoding takes what was estimated at most, and never a GiB above a small picture."""

import subprocess
import sys
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.pictures.files import encoded
from xshot.pictures import BadImageError, decode, decode_image, memory
from xshot.pictures.memory import KEPT, LIMIT, bytes_to_decode, reducing_factor

RAMP = np.tile(np.arange(0, 256, dtype=np.uint8), (200, 1))


def image_of(mode):
    grey = Image.fromarray(RAMP)
    if mode == "I;16":
        return Image.fromarray(RAMP.astype(np.uint16) * 257)
    if mode in ("I", "F"):
        return Image.fromarray(RAMP.astype({"I": np.int32, "F": np.float32}[mode]))
    if mode == "RGBA":
        return Image.merge("RGBA", (grey, grey, grey, grey))
    if mode == "P":
        return grey.convert("P")
    return grey.convert(mode)


MODES = {
    "1": ("PNG", {}),
    "L": ("PNG", {}),
    "LA": ("PNG", {}),
    "P": ("PNG", {"transparency": 3}),
    "RGB": ("PNG", {"transparency": (7, 7, 7)}),
    "RGBA": ("PNG", {}),
    "I;16": ("PNG", {}),
    "I": ("TIFF", {}),
    "F": ("TIFF", {}),
    "CMYK": ("TIFF", {}),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("strip", [1, 300, 7000])
def test_strips_show_what_the_whole_shows(monkeypatch, mode, strip):
    form, options = MODES[mode]
    data = encoded(image_of(mode), form, **options)
    whole = np.asarray(decode_image(data))
    monkeypatch.setattr(memory, "_STRIP", strip)
    np.testing.assert_array_equal(np.asarray(decode_image(data)), whole)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("strip", [1, 3000, 1 << 20])
def test_large_pictures_are_reduced_by_the_mean_of_squares(monkeypatch, mode, strip):
    form, options = MODES[mode]
    data = encoded(image_of(mode), form, **options)
    whole = decode_image(data)
    monkeypatch.setattr(memory, "_STRIP", strip)
    monkeypatch.setattr(memory, "KEPT", 6000)
    reduced = decode_image(data)
    assert reduced.size == (86, 67)
    difference = np.asarray(reduced, int) - np.asarray(whole.reduce(3), int)
    assert np.abs(difference).max() <= 1


def test_a_large_jpeg_is_reduced_as_it_is_decoded(monkeypatch):
    data = encoded(image_of("RGB"), "JPEG", quality=95)
    whole = decode_image(data)
    monkeypatch.setattr(memory, "KEPT", 6000)
    reduced = decode_image(data)
    assert reduced.size == (64, 50)
    expected = np.asarray(whole.resize(reduced.size, Image.Resampling.BOX), int)
    assert np.abs(np.asarray(reduced, int) - expected).mean() < 2


def test_a_reduced_picture_stands_upright(monkeypatch):
    exif = Image.Exif()
    exif[0x0112] = 6
    monkeypatch.setattr(memory, "KEPT", 6000)
    assert decode_image(encoded(image_of("RGB"), exif=exif)).size == (67, 86)


@pytest.mark.parametrize("size", [(1, 1), (5793, 5793), (13377, 13377), (178956, 1000)])
def test_the_factor_is_the_smallest_that_fits(size):
    factor = reducing_factor(*size)
    assert -(-size[0] // factor) * -(-size[1] // factor) <= KEPT
    if factor > 1:
        less = factor - 1
        assert -(-size[0] // less) * -(-size[1] // less) > KEPT


def opened(form, size, mode="RGB", **options):
    image = Image.open(BytesIO(encoded(Image.new(mode, (8, 8)), form, **options)))
    image._size = size  # of a file that nobody has to write
    return image


@pytest.mark.parametrize("form", ["WEBP", "JPEG2000", "AVIF"])
def test_what_would_take_more_is_refused_before_it_is_decoded(form):
    assert bytes_to_decode(opened(form, (4000, 3000)), (4000, 3000)) < LIMIT
    assert bytes_to_decode(opened(form, (13000, 13000)), (13000, 13000)) > LIMIT


def test_the_refusal_is_one_line_with_figures(monkeypatch):
    monkeypatch.setattr(decode, "LIMIT", 1)
    with pytest.raises(BadImageError, match=r"^256 x 200 PNG of mode RGB would take .*; save it"):
        decode_image(encoded(image_of("RGB")))


MEASURE = """
import resource, sys
from io import BytesIO
from PIL import Image
from xshot.pictures import decode, decode_image
from xshot.pictures.formats import readable
readable()
small = BytesIO(); Image.new("RGB", (8, 8)).save(small, "PNG"); decode_image(small.getvalue())
data = open(sys.argv[1], "rb").read()
told = []
real = decode.bytes_to_decode
decode.bytes_to_decode = lambda *a: told.append(real(*a)) or told[0]
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
decode_image(data)
print(1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before), told[0])
"""

COSTLY = {
    "png": ("RGBA", "PNG", {"compress_level": 1}),
    "deep png": ("I;16", "PNG", {"compress_level": 1}),
    "deep tiff": ("I", "TIFF", {"compression": "tiff_lzw"}),
    "float tiff": ("F", "TIFF", {"compression": "tiff_adobe_deflate"}),
    "progressive jpeg": ("RGB", "JPEG", {"progressive": True, "subsampling": 0}),
    "cmyk jpeg": ("CMYK", "JPEG", {"progressive": True}),
    "webp": ("RGBA", "WEBP", {"method": 0}),
    "jpeg 2000": ("RGBA", "JPEG2000", {}),
    "avif": ("RGBA", "AVIF", {"speed": 10}),
    "gif": ("L", "GIF", {}),
    "bmp": ("RGB", "BMP", {}),
    "ppm": ("RGB", "PPM", {}),
    "heic": ("RGB", "HEIF", {}),
    "jxl": ("RGB", "JXL", {"effort": 1}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", COSTLY)
def test_estimates_are_upper_bounds(tmp_path, name):
    mode, form, options = COSTLY[name]
    if form in ("HEIF", "JXL"):
        pytest.importorskip("pillow_heif" if form == "HEIF" else "pillow_jxl")
        from xshot.pictures.formats import readable

        readable()
    path = tmp_path / "large"
    image_of(mode).resize((6000, 6000), Image.Resampling.NEAREST).save(path, form, **options)
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True
    )
    taken, told = map(int, done.stdout.split())
    assert taken <= told <= LIMIT
