"""PNG files without what is no pixel: a text, a profile or a date must not cost the picture.

Pillow refuses a PNG for a long text (of an editor, a workflow, a microscope), for a large profile
and for any chunk that is damaged. JPEG, WebP, GIF and TIFF it reads whatever their metadata are.
"""

import struct
import zlib

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHUNK = struct.Struct(">I4s")
_CRC = 4
# Of the chunks that may be left out those that change what is seen: transparency, orientation (as
# EXIF, or in a short XMP text) and the frames of an animation.
_SEEN = (b"tRNS", b"eXIf", b"acTL", b"fcTL", b"fdAT")
_XMP = b"XML:com.adobe.xmp\0\0"  # not compressed
_LONGEST_TEXT = 1 << 20


def without_metadata(data: bytes) -> bytes:
    """The same picture; what is no PNG, and what follows a cut, stays as it is."""
    if not data.startswith(_SIGNATURE):
        return data
    view = memoryview(data)
    kept = [view[: len(_SIGNATURE)]]
    start = len(_SIGNATURE)
    while start + _CHUNK.size <= len(data):
        length, kind = _CHUNK.unpack_from(data, start)
        stop = start + _CHUNK.size + length + _CRC
        if stop > len(data):
            break
        if _counts(kind, view[start + 4 : stop]):
            kept.append(view[start:stop])
        start = stop
    kept.append(view[start:])
    return b"".join(kept)


def _counts(kind: bytes, chunk: memoryview) -> bool:
    """Whether a chunk (kind, body, CRC-32) has a part in what is seen."""
    if not kind[0] & 0x20:  # a critical chunk, by its capital
        return True
    if kind == b"iTXt":
        body = chunk[4 : 4 + _LONGEST_TEXT]
        if len(chunk) > _LONGEST_TEXT or not bytes(body[: len(_XMP)]).startswith(_XMP):
            return False
    elif kind not in _SEEN:
        return False
    return zlib.crc32(chunk[:-_CRC]) == int.from_bytes(chunk[-_CRC:], "big")
