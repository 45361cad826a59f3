"""Images of every kind are read as a viewer shows them; bad ones say why, and never vary in it."""

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.pictures.files import RAMP, chunk, decoded, encoded, rgb, tiff
from xshot.pictures import BadImageError, decode_image
from xshot.pictures import decode as pictures


@pytest.mark.parametrize("file_format", ["PNG", "BMP", "TIFF", "WEBP"])
def test_plain_colours_are_untouched(file_format):
    options = {"lossless": True} if file_format == "WEBP" else {}
    np.testing.assert_array_equal(decoded(rgb(), file_format, **options), np.asarray(rgb()))


def test_grey_becomes_three_equal_channels():
    np.testing.assert_array_equal(decoded(Image.fromarray(RAMP)), np.dstack([RAMP] * 3))


def test_black_and_white():
    pixels = decoded(Image.fromarray(RAMP > 100))
    np.testing.assert_array_equal(pixels[..., 0], (RAMP > 100) * 255)


def test_palette():
    palette = rgb().quantize(256)
    np.testing.assert_array_equal(decoded(palette), np.asarray(palette.convert("RGB")))


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "WEBP"])
def test_transparency_lies_on_white(file_format):
    image = rgb()
    image.putalpha(Image.fromarray(RAMP))
    options = {"lossless": True, "exact": True} if file_format == "WEBP" else {}
    alpha = RAMP[..., None] / 255
    expected = np.asarray(rgb()) * alpha + 255 * (1 - alpha)
    assert np.abs(decoded(image, file_format, **options) - expected).max() <= 1


def test_a_transparent_palette_colour_is_white():
    image = Image.new("P", (4, 4), 1)
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((0, 0), 0)
    pixels = decoded(image, transparency=0)
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[1, 1].tolist() == [40, 50, 60]


def test_transparent_grey_is_white():
    image = Image.fromarray(np.dstack([RAMP, np.zeros_like(RAMP)]), "LA")
    assert (decoded(image) == 255).all()


def test_colours_of_sixteen_bits_keep_their_upper_eight():
    # Pillow writes no such file: a PNG by hand (ISO 15948), colour type 2 of depth 16.
    deep = np.asarray(rgb()).astype(np.uint16) * 257
    lines = b"".join(b"\0" + line.astype(">u2").tobytes() for line in deep)
    header = struct.pack(">IIBBBBB", deep.shape[1], deep.shape[0], 16, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    data = b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, body) for kind, body in chunks)
    np.testing.assert_array_equal(np.asarray(decode_image(data)), np.asarray(rgb()))


@pytest.mark.parametrize("planes", [1, 2])
def test_colours_in_pixels_or_planes(planes):
    values = np.asarray(rgb())
    values = np.ascontiguousarray(np.moveaxis(values, 2, 0)) if planes == 2 else values
    shown = np.asarray(decode_image(tiff(values, photometric=2, planes=planes)))
    np.testing.assert_array_equal(shown, np.asarray(rgb()))


@pytest.mark.parametrize("file_format", ["TIFF", "JPEG"])
def test_cmyk(file_format):
    options = {"quality": 100, "subsampling": 0} if file_format == "JPEG" else {}
    pixels = decoded(rgb().convert("CMYK"), file_format, **options)
    assert np.abs(pixels - np.asarray(rgb())).max() <= 6


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation):
    upright = np.asarray(rgb())
    # How a camera held that way stores the upright picture (EXIF 2.3, tag 0x0112).
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright),
        7: np.rot90(upright[:, ::-1], -1),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(np.ascontiguousarray(stored))
    np.testing.assert_array_equal(decoded(image, exif=exif), upright)


def test_jpeg_xl_is_turned_by_its_decoder(tmp_path):
    """Its EXIF repeats what the codestream says (ISO/IEC 18181-2), but in a packed JPEG."""
    pytest.importorskip("pillow_jxl")
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decode_image(encoded(rgb(), "JXL", exif=exif.tobytes())).size == (64, 48)
    rgb().save(tmp_path / "turned.jpg", exif=exif)
    with Image.open(tmp_path / "turned.jpg") as jpeg:
        assert decode_image(encoded(jpeg, "JXL", lossless_jpeg=True)).size == (48, 64)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_does_not_cost_the_picture():
    data = encoded(rgb(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff nonsense")
    assert decode_image(data).size == rgb().size


@pytest.mark.parametrize("file_format", ["GIF", "PNG", "WEBP", "TIFF"])
def test_the_first_frame_of_an_animation(file_format):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime", "blue")]
    options = {"lossless": True} if file_format == "WEBP" else {}
    pixels = decoded(frames[0], file_format, save_all=True, append_images=frames[1:], **options)
    assert pixels.shape == (8, 8, 3)
    assert pixels[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty, 0 bytes"),
        (bytes(9), "nothing but zeros"),
        (b"no image at all", "a text, not a picture"),
        (b"<html>404</html>", "a web page"),
        (encoded(rgb(), "JPEG")[:-60], "truncated"),
        (encoded(rgb())[:110], "truncated"),
        (encoded(Image.new("1", (20000, 20000))), f"more than {pictures.MAX_PIXELS} pixels"),
        (encoded(Image.new("1", (8000, 2))), "8000 x 2: a strip"),
    ],
    ids=["empty", "nothing", "text", "html", "jpeg cut", "png cut", "bomb", "strip"],
)
def test_bad_images_say_why(data, message):
    with pytest.raises(BadImageError, match=message):
        decode_image(data)


@settings(max_examples=150, deadline=None)
@given(
    file_format=st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"]),
    at=st.floats(0, 1, exclude_max=True),
    noise=st.binary(min_size=1, max_size=8),
)
def test_any_damage_gives_a_picture_or_a_reason_that_never_varies(file_format, at, noise):
    data = bytearray(encoded(rgb(), file_format))
    start = int(at * len(data))
    data[start : start + len(noise)] = noise

    def outcome():
        try:
            return decode_image(bytes(data)).tobytes()
        except BadImageError as error:
            return str(error)

    first = outcome()
    assert outcome() == first
    if isinstance(first, str):
        assert "0x" not in first
        assert "\n" not in first


def test_a_phones_jpeg_of_200_million_pixels_is_reduced_as_it_is_decoded():
    picture = pictures.decode_image(encoded(Image.new("L", (16320, 12240), 90), "JPEG"))
    assert picture.width * picture.height <= 1 << 25
    assert picture.getpixel((9, 9)) == (90, 90, 90)


def test_a_jpeg_that_would_take_long_is_refused_by_its_header():
    data = bytearray(encoded(Image.new("L", (8, 8)), "JPEG"))
    size = data.index(b"\xff\xc0") + 5
    data[size : size + 4] = (60_000).to_bytes(2, "big") * 2
    with pytest.raises(BadImageError, match=f"60000 x 60000: more than {pictures.MAX_JPEG_PIXELS}"):
        pictures.decode_image(bytes(data))
