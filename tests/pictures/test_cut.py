"""What is still being written is called that at every length, not damaged."""

import pytest

from tests.pictures.files import encoded, picture
from xshot.pictures import BadImageError, decode_image
from xshot.pictures.cut import ends_early

FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "JPEG2000", "PPM")
UNNAMED = 12
"""Bytes that all formats name themselves in."""


@pytest.mark.parametrize("name", FORMATS)
def test_the_first_part_of_a_picture_is_incomplete(name):
    data = encoded(picture(), name)
    for stop in {*range(UNNAMED, 60, 7), *range(60, len(data) - 64, 997)}:
        with pytest.raises(BadImageError, match="still being written or copied, or cut off"):
            decode_image(data[:stop])


@pytest.mark.parametrize("name", FORMATS)
def test_a_whole_picture_does_not_end_early(name):
    data = encoded(picture(), name)
    assert not ends_early(data)
    assert not ends_early(data + bytes(99))


def test_damage_is_no_early_end():
    data = bytearray(encoded(picture(), "AVIF"))
    data[0:4] = (7).to_bytes(4, "big")  # shorter than its own head
    assert not ends_early(bytes(data))
