"""Small pictures for pages, as the encoder saw them."""

import base64
from io import BytesIO
from pathlib import Path

from xshot.pictures import BadImageError, decode_image, read_picture

SIDE = 112
"""Longest side in pixels; the page shows them at about 80, so that dense screens stay sharp."""


def thumbnail(path: Path) -> str | None:
    """The picture as a `data:` URI that travels inside a page, or None if it cannot be read.

    The page still shows the row then: by now a lost picture must not cost the evaluation.
    """
    jpeg = small_jpeg(path, SIDE)
    if jpeg is None:
        return None
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"


def small_jpeg(path: Path, side: int) -> bytes | None:
    """The picture as JPEG, at most `side` pixels wide and high; None if it cannot be read."""
    try:
        small = decode_image(read_picture(path))
    except (OSError, BadImageError):
        return None
    small.thumbnail((side, side))
    buffer = BytesIO()
    small.save(buffer, "JPEG", quality=82, optimize=True)
    return buffer.getvalue()
