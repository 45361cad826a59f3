"""Image files of every kind to RGB pictures, as a viewer would show them."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO

from PIL import Image, ImageFile, JpegImagePlugin, TiffImagePlugin, UnidentifiedImageError

from xshot.pictures.cut import ends_early
from xshot.pictures.deep import GreyRange, from_deep, grey_range, is_deep
from xshot.pictures.formats import HEADER, OTHER, format_of, what_else
from xshot.pictures.memory import (
    LIMIT,
    bytes_to_decode,
    reduce_in_decoder,
    reducing_factor,
    strips,
)
from xshot.pictures.metadata import without_metadata
from xshot.pictures.tiff import NOT_READ, is_misread
from xshot.reading import unfinished

# Pillow's own limit for refusing an image as a decompression bomb.
MAX_PIXELS = 2 * (Image.MAX_IMAGE_PIXELS or 89_478_485)
# A phone's 200 million are a JPEG, which is reduced as it is decoded; more would take long.
MAX_JPEG_PIXELS = 4 * MAX_PIXELS
# Scaled to a model's input, a longer strip would have as many pixels as a bomb.
MAX_ASPECT = 1000

# Odd metadata, and sizes below the limit: nothing that the user can or must act on.
warnings.filterwarnings("ignore", module=r"PIL\.")

_NO_IMAGE = "not an image that Pillow can read; save it anew as JPEG or PNG"
_WHITE = (255, 255, 255, 255)
_ADDRESS = re.compile(r"<[^>]*>")
_CUT_OFF = re.compile(r"(?i)truncated|not enough image data|reached eof|unexpected end|only got")
"""What decoders say of the first part of a file."""
_CUT = unfinished("copy it again", "truncated")
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""By EXIF's orientation (EXIF 2.3, tag 0x0112)."""

_SUBFILE, _REDUCED = 254, 1
"""TIFF's NewSubfileType, and its value for a small copy; raw files start with one."""


class BadImageError(Exception):
    """The image cannot be read; the message says why, the same on every run."""


class UnknownImageError(BadImageError):
    """It is no image of a format that is read, or read here."""


def decode_image(data: bytes, formats: tuple[str, ...] | None = None) -> Image.Image:
    """An image file's bytes as an upright RGB picture.

    Transparency is laid on white, EXIF orientation applied, deep greys scaled to 8 bits, and of an
    animation the first frame taken. A picture of more than 34 million pixels is reduced on the way;
    decoding takes less than 1 GiB. Metadata, whatever they are, cost no picture.

    Args:
        data: the file.
        formats: that are read, by Pillow's names; None = all. A JPEG with a second picture inside
            (Pillow's "MPO") is a JPEG.

    Raises:
        BadImageError: not an image, damaged, or too large.
    """
    if told := what_else(data[:HEADER]):
        raise UnknownImageError(told)
    with _reasons(data, formats), _open(without_metadata(data), formats) as image:
        size = image.size
        _check_size(image)
        _check_whole(image)
        reduce_in_decoder(image)
        if (needed := bytes_to_decode(image, size)) > LIMIT:
            raise BadImageError(
                f"{size[0]} x {size[1]} {image.format} of mode {image.mode} would take "
                f"{needed / 2**30:.1f} GiB to decode, more than {LIMIT >> 30}; save it smaller"
            )
        image.load()
        upright = _UPRIGHT.get(_orientation(image) or 1)
        rgb = _to_rgb(image)
    return rgb if upright is None else rgb.transpose(upright)


@contextmanager
def _reasons(data: bytes, formats: tuple[str, ...] | None) -> Iterator[None]:
    """Whatever Pillow raises of a file as a `BadImageError`."""
    try:
        yield
    except BadImageError:
        raise
    except UnidentifiedImageError:
        if ends_early(data):
            raise BadImageError(_CUT) from None
        # Such an image of a format that is not asked for is not damaged.
        named = format_of(data[:HEADER])
        if named == "TIFF":
            raise BadImageError(NOT_READ) from None
        if named is not None and (formats is None or named in formats):
            raise BadImageError(unfinished("get it again", "damaged or incomplete")) from None
        raise UnknownImageError(_NO_IMAGE) from None
    except Image.DecompressionBombError:
        raise BadImageError(f"more than {MAX_PIXELS} pixels; save it smaller") from None
    # Pillow's decoders raise whatever they trip over: ValueError, SyntaxError, struct.error ...
    except Exception as error:
        reason = _ADDRESS.sub("", " ".join(str(error).split())).partition(". ")[0][:200]
        if ends_early(data) or _CUT_OFF.search(reason):
            raise BadImageError(_CUT) from None
        raise BadImageError(f"damaged: {reason or type(error).__name__}; get it again") from None


def _open(data: bytes, formats: tuple[str, ...] | None) -> Image.Image:
    """An image of any size, if it is a JPEG, or of at most `MAX_PIXELS`."""
    try:
        return Image.open(BytesIO(data), formats=formats)
    except Image.DecompressionBombError:
        if not data.startswith(b"\xff\xd8\xff"):
            raise
        return JpegImagePlugin.JpegImageFile(BytesIO(data))


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    is_jpeg = isinstance(image, JpegImagePlugin.JpegImageFile)
    limit = MAX_JPEG_PIXELS if is_jpeg else MAX_PIXELS
    if width * height > limit:
        raise BadImageError(f"{width} x {height}: more than {limit} pixels; save it smaller")
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise BadImageError(f"{width} x {height}: a strip, not a picture; cut it")


def _check_whole(image: Image.Image) -> None:
    if isinstance(image, ImageFile.StubImageFile):  # of which Pillow knows no more than the name
        raise UnknownImageError(_NO_IMAGE)
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        if image.tag_v2.get(_SUBFILE) == _REDUCED:
            raise BadImageError(OTHER[".dng"])
        if is_misread(image):
            raise BadImageError(NOT_READ)


def _orientation(image: Image.Image) -> int | None:
    # ISO/IEC 18181-2: its decoder turns the picture. A JPEG that was packed is as it was before.
    if image.format == "JXL" and not getattr(image, "jpeg", False):
        return None
    with suppress(Exception):  # damaged EXIF must not cost the picture
        return image.getexif().get(_ORIENTATION)
    return None


def _to_rgb(image: Image.Image) -> Image.Image:
    """In strips, so that no second picture of the full size, nor a deep one, is in memory."""
    width, height = image.size
    factor = reducing_factor(width, height)
    grey = grey_range(image) if is_deep(image) else None
    result = Image.new("RGB", (-(-width // factor), -(-height // factor)))
    for start, strip in strips(image, factor):
        rgb = _convert(strip, grey)
        result.paste(rgb if factor == 1 else rgb.reduce(factor), (0, start // factor))
    return result


def _convert(image: Image.Image, grey: GreyRange | None) -> Image.Image:
    if grey is not None:
        return from_deep(image, grey)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, _WHITE), image)
    return image.convert("RGB")
