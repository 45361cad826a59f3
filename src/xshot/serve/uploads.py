"""Uploaded bytes to pictures."""

from io import BytesIO

from PIL import Image, UnidentifiedImageError

from xshot.pictures import BadImageError, decode_image
from xshot.serve.limits import FORMATS, RefusedError


def decode_upload(data: bytes) -> Image.Image:
    """An uploaded image as an RGB picture.

    Raises:
        RefusedError: not an image of a format taken, damaged, or too large.
    """
    try:
        # Reads the header only, and knows no other format: what a file is named counts for nothing.
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            taken = image.format
    except UnidentifiedImageError:
        raise RefusedError(
            415, f"not an image that is taken here; send one of {', '.join(FORMATS)}"
        ) from None
    except Exception as error:  # Pillow's plugins raise whatever they trip over
        raise RefusedError(422, f"the image cannot be read: {type(error).__name__}") from None
    assert taken in FORMATS
    try:
        return decode_image(data)
    except BadImageError as error:
        raise RefusedError(422, f"the image cannot be read: {error}") from None
