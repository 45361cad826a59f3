"""Greys of 16 and 32 bits, as microscopes, depth cameras and simulations write them."""

import math
from typing import NamedTuple

import numpy as np
from PIL import Image

from xshot.pictures.memory import strips
from xshot.pictures.tiff import is_inverted

_USUAL = {"F": (1.0, 255.0, 65535.0), "I": (255.0, 65535.0)}
"""Where white may be by Pillow's mode, 32 bits of floats or of integers, black being 0."""


class GreyRange(NamedTuple):
    """The values that are black and white."""

    black: float
    white: float


def is_deep(image: Image.Image) -> bool:
    """Whether the picture's values are greys of more than 8 bits."""
    return image.mode.startswith("I") or image.mode == "F"


def grey_range(image: Image.Image) -> GreyRange:
    """What is black and white in a deep picture, the other way round where 0 is white.

    16 bits have a range of their own. The one of 32 bits only the values tell: it is the smallest
    usual one that holds them, or else their own.

    Raises:
        ValueError: no value is finite.
    """
    black, white = (0.0, 65535.0) if image.mode.startswith("I;16") else _range_of_values(image)
    return GreyRange(white, black) if is_inverted(image) else GreyRange(black, white)


def _range_of_values(image: Image.Image) -> tuple[float, float]:
    low, high = math.inf, -math.inf
    for _, strip in strips(image):
        values = np.asarray(strip)
        finite = values[np.isfinite(values)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    if low > high:
        raise ValueError("no value is finite")
    usual = (top for top in _USUAL[image.mode] if high <= top and low >= 0)
    return next(((0.0, top) for top in usual), (low, high))


def from_deep(image: Image.Image, grey: GreyRange) -> Image.Image:
    """In 8 bits. Values that are not finite stand for none: white, as what is transparent."""
    values = np.asarray(image, np.float64)
    width = (grey.white - grey.black) or 1.0
    scaled = np.where(np.isfinite(values), (values - grey.black) / width, 1.0)
    return Image.fromarray(np.rint(scaled * 255).astype(np.uint8)).convert("RGB")
