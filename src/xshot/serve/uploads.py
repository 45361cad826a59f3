"""Uploaded bytes to pictures."""

from PIL import Image

from xshot.pictures import BadImageError, UnknownImageError, decode_image
from xshot.serve.limits import FORMATS, RefusedError


def decode_upload(data: bytes) -> Image.Image:
    """An uploaded image as an RGB picture; what its file is named counts for nothing.

    Raises:
        RefusedError: not an image of a format taken, damaged, or too large.
    """
    try:
        return decode_image(data, FORMATS)
    except UnknownImageError as error:
        raise RefusedError(
            415, f"not an image that is taken here ({error}); send one of {', '.join(FORMATS)}"
        ) from None
    except BadImageError as error:
        raise RefusedError(422, f"the image cannot be read: {error}") from None
