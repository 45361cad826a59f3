"""Small pictures that travel inside the page."""

import base64
from io import BytesIO
from pathlib import Path

from PIL import Image, UnidentifiedImageError

SIDE = 112
"""Longest side in pixels; the page shows them at about 80, so that dense screens stay sharp."""


def thumbnail(path: Path) -> str | None:
    """The picture as a `data:` URI (JPEG), or None if it cannot be read.

    The page still shows the row then: by now a lost picture must not cost the evaluation.
    """
    try:
        with Image.open(path) as image:
            image.draft("RGB", (SIDE, SIDE))  # lets a JPEG decode at a fraction of its size
            small = _on_white(image)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, SyntaxError, ValueError):
        return None
    buffer = BytesIO()
    small.save(buffer, "JPEG", quality=82, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode in ("RGB", "L", "CMYK", "YCbCr"):
        small = image.convert("RGB")
        small.thumbnail((SIDE, SIDE))
        return small
    small = image.convert("RGBA")
    small.thumbnail((SIDE, SIDE))
    white = Image.new("RGBA", small.size, "white")
    return Image.alpha_composite(white, small).convert("RGB")
