"""Image files of every kind to RGB pictures, as a viewer would show them."""

import re
import warnings
from contextlib import suppress
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

# Pillow's own limit for refusing an image as a decompression bomb.
MAX_PIXELS = 2 * (Image.MAX_IMAGE_PIXELS or 89_478_485)
# Scaled to a model's input, a longer strip would have as many pixels as a bomb.
MAX_ASPECT = 1000

# Odd metadata, and sizes below the limit: nothing that the user can or must act on.
warnings.filterwarnings("ignore", module=r"PIL\.")

_WHITE = (255, 255, 255, 255)
_ADDRESS = re.compile(r"<[^>]*>")


class BadImageError(Exception):
    """The image cannot be read; the message says why, the same on every run."""


def decode_image(data: bytes) -> Image.Image:
    """An image file's bytes as an upright RGB picture.

    Transparency is laid on white, EXIF orientation applied, 16 bits scaled to 8, and of an
    animation the first frame taken.

    Raises:
        BadImageError: not an image, damaged, or too large.
    """
    try:
        with Image.open(BytesIO(data)) as image:
            _check_size(*image.size)
            image.load()
            with suppress(Exception):  # damaged EXIF must not cost the picture
                ImageOps.exif_transpose(image, in_place=True)
            return _to_rgb(image)
    except BadImageError:
        raise
    except UnidentifiedImageError:
        raise BadImageError("not an image that Pillow can read") from None
    except Image.DecompressionBombError:
        raise BadImageError(f"more than {MAX_PIXELS} pixels") from None
    # Pillow's decoders raise whatever they trip over: ValueError, SyntaxError, struct.error ...
    except Exception as error:
        reason = _ADDRESS.sub("", " ".join(str(error).split()))[:200]
        raise BadImageError(f"damaged: {reason or type(error).__name__}") from None


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise BadImageError(f"more than {MAX_PIXELS} pixels")
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise BadImageError(f"{width} x {height}: a strip, not a picture")


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        return _from_deep(np.asarray(image, np.float64), image.mode)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, _WHITE), image)
    return image.convert("RGB")


def _from_deep(values: NDArray[np.float64], mode: str) -> Image.Image:
    """Grey values of 16 bits, or of 32 bits, whose range only their highest value tells."""
    if not np.isfinite(values).all():
        raise BadImageError("damaged: values that are not finite")
    top = values.max()
    if mode == "F" and top <= 1:
        values = values * 255
    elif mode.startswith("I;16") or top > 255:
        values = values / 257
    grey = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return Image.fromarray(grey).convert("RGB")
