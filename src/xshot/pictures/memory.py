"""What decoding a picture takes, and how large pictures are made to take less.

The figures are upper bounds of what was measured with Pillow 13 on pictures of 50 and 100 million
pixels; tests/pictures/test_memory.py measures them again.
"""

from collections.abc import Iterator
from pathlib import Path

from PIL import Image, JpegImagePlugin, TiffImagePlugin

from xshot.reading import FileTroubleError, check_file, read_file

LIMIT = 1 << 30
"""Bytes that decoding a picture may take beyond what a small one takes."""

KEPT = 1 << 25
"""Pixels of a picture that are kept; larger ones are reduced. Encoders look at some 100,000."""

_SPARE = 160 << 20
"""Bytes for the picture that is kept and the strip that is worked on."""

_STRIP = 1 << 20
"""Pixels that are converted at once."""

_MODE = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16L": 2, "I;16B": 2, "I;16N": 2}
"""Bytes of a pixel in Pillow's memory, where they are not 4."""

_DECODER = {
    "PNG": 0.0,
    "BMP": 0.0,
    "DIB": 0.0,
    "GIF": 1.0,
    "PPM": 8.0,
    "WEBP": 13.0,
    "AVIF": 12.0,
    "JPEG2000": 20.0,
    "HEIF": 12.0,
    "JXL": 12.0,
}
"""Bytes of a pixel that a format's decoder takes besides."""

_OTHER_DECODER = 12.0
_COEFFICIENT = 2.0
"""Bytes of a progressive JPEG's coefficient, all of which are held."""


def read_picture(path: Path) -> bytes:
    """An image file's bytes.

    Raises:
        OSError: as `read_file`, or they alone would take more than `LIMIT`.
    """
    size = check_file(path).st_size
    if size > LIMIT:
        what = f"{size / 2**30:.1f} GiB, more than a picture's file may have ({LIMIT >> 30})"
        raise FileTroubleError(what, "save it smaller", path)
    return read_file(path)


def reduce_in_decoder(image: Image.Image) -> None:
    """Let a large JPEG be decoded to a half, quarter or eighth of its size (libjpeg's scaling)."""
    if not isinstance(image, JpegImagePlugin.JpegImageFile):
        return
    width, height = image.size
    for scale in (1, 2, 4, 8):
        if width * height <= KEPT * scale * scale or scale == 8:
            break
    if scale > 1:
        image.draft(None, (width // scale, height // scale))


def reducing_factor(width: int, height: int) -> int:
    """By what whole number both sides are to be divided, so that at most `KEPT` pixels are left."""
    factor = 1
    while -(-width // factor) * -(-height // factor) > KEPT:
        factor += 1
    return factor


def strips(image: Image.Image, factor: int = 1) -> Iterator[tuple[int, Image.Image]]:
    """A picture from its top down, each strip with its first row, a multiple of `factor`."""
    rows = max(1, _STRIP // (image.width * factor)) * factor
    for start in range(0, image.height, rows):
        yield start, image.crop((0, start, image.width, min(start + rows, image.height)))


def bytes_to_decode(image: Image.Image, full_size: tuple[int, int]) -> int:
    """An estimate, from what the header says, of what decoding takes at most.

    Args:
        image: opened, not loaded, and maybe to be reduced as it is decoded.
        full_size: width and height in the file.
    """
    pixels = image.width * image.height
    needed = pixels * _MODE.get(image.mode, 4)
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        needed += int(full_size[0] * full_size[1] * _jpeg_coefficients(image))
    elif isinstance(image, TiffImagePlugin.TiffImageFile):
        needed += _tiff_strip(image)
    else:
        needed += int(pixels * _DECODER.get(image.format or "", _OTHER_DECODER))
    return needed + _SPARE


def _tiff_strip(image: TiffImagePlugin.TiffImageFile) -> int:
    """Bytes of a strip, which libtiff decodes as a whole; tiles are small."""
    tags = image.tag_v2
    if TiffImagePlugin.TILEWIDTH in tags:
        return 0
    rows = min(int(tags.get(TiffImagePlugin.ROWSPERSTRIP, image.height)), image.height)
    bits = sum(map(int, tags.get(TiffImagePlugin.BITSPERSAMPLE, (8,))))
    return rows * image.width * max(1, bits) // 8


def _jpeg_coefficients(image: JpegImagePlugin.JpegImageFile) -> float:
    """Bytes a pixel that libjpeg holds of a progressive picture; a sequential one goes by lines."""
    if not image.info.get("progressive"):
        return 0.0
    factors = [(layer[1], layer[2]) for layer in image.layer]
    widest = max(h for h, _ in factors) * max(v for _, v in factors)
    return _COEFFICIENT * sum(h * v for h, v in factors) / max(1, widest)
