"""What TIFF files hold that Pillow does not read, or reads as something else (TIFF 6.0)."""

from typing import Literal

from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

Order = Literal["little", "big"]

NOT_READ = (
    "damaged, or a TIFF of a kind that Pillow does not read (values, channels, compression); "
    "save it anew with 8 bits a channel, or as PNG"
)
_HEADER, _ENTRY = 8, 12
_SIZES = {3: 2, 4: 4, 5: 8, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
"""Bytes of a value by its type, where it has more than one."""
_BITS, _PHOTOMETRIC, _PLANES, _SIGN = 258, 262, 284, 339
_WHITE_IS_ZERO, _SEPARATE, _SIGNED = 0, 2, 2


def is_misread(image: TiffImageFile) -> bool:
    """Whether Pillow takes signed bytes for bytes, or deep colours in planes for bytes."""
    tags = image.tag_v2
    deep = max(map(int, tags.get(_BITS, (1,)))) > 8
    return (deep and len(tags[_BITS]) > 1 and tags.get(_PLANES) == _SEPARATE) or (
        not deep and _SIGNED in tags.get(_SIGN, ())
    )


def is_inverted(image: Image.Image) -> bool:
    """Whether 0 is white; of deep greys Pillow leaves it so."""
    return isinstance(image, TiffImageFile) and image.tag_v2.get(_PHOTOMETRIC) == _WHITE_IS_ZERO


def directory_ends_early(data: bytes, order: Order) -> bool:
    """Whether the first directory, or a value of it, lies beyond the file's end."""
    start = int.from_bytes(data[4:_HEADER], order)
    entries = start + 2
    stop = entries + _ENTRY * int.from_bytes(data[start:entries], order)
    return stop + 4 > len(data) or any(
        _value_ends_early(data, place, order) for place in range(entries, stop, _ENTRY)
    )


def _value_ends_early(data: bytes, place: int, order: Order) -> bool:
    kind, count, where = (
        int.from_bytes(data[place + start : place + end], order)
        for start, end in ((2, 4), (4, 8), (8, 12))
    )
    size = count * _SIZES.get(kind, 1)
    return size > 4 and where + size > len(data)
