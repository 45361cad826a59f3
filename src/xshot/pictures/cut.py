"""Whether a picture's file ends before its own end: what is still being written is not damaged.

Some decoders say of the first part of a file that it is of no known kind, or damaged.
"""

from xshot.pictures.tiff import Order, directory_ends_early

_HEAD = 8
"""Bytes of a chunk's or box's length and kind, and of a TIFF file before its directories."""
_BOXES = (b"ftyp", b"jP  ", b"JXL ")
_CODESTREAM, _END_OF_CODESTREAM = b"\xff\x4f\xff\x51", b"\xff\xd9"
_TIFF: dict[bytes, Order] = {b"II*\0": "little", b"MM\0*": "big"}


def ends_early(data: bytes) -> bool:
    """Whether lengths in the file reach beyond it; False where none says.

    WebP's chunks (RIFF), the boxes of HEIC, AVIF, JPEG XL and JPEG 2000 (ISO/IEC 14496-12), and
    TIFF's first directory.

    Args:
        data: the file.
    """
    if data.startswith(b"RIFF"):
        return len(data) < _HEAD + int.from_bytes(data[4:_HEAD], "little")
    if data[4:_HEAD] in _BOXES:
        return _boxes_reach_beyond(data)
    if data.startswith(_CODESTREAM):  # of JPEG 2000 alone
        return not data.rstrip(b"\0").endswith(_END_OF_CODESTREAM)
    if order := _TIFF.get(data[:4]):
        return directory_ends_early(data, order)
    return False


def _boxes_reach_beyond(data: bytes) -> bool:
    start = 0
    while start < len(data):
        if len(data) - start < _HEAD:
            return True
        length = int.from_bytes(data[start : start + 4], "big")
        if length == 1:  # a longer number follows
            length = int.from_bytes(data[start + _HEAD : start + 2 * _HEAD], "big")
        if length < _HEAD:  # 0: all that follows; others are damage
            return False
        start += length
    return start > len(data)
