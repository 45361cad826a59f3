"""Picture files as phones, browsers, editors and microscopes write them."""

import os
import struct
import zlib
from io import BytesIO

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from xshot.pictures import decode_image

SIZE = (64, 48)
RAMP = np.tile(np.arange(64, dtype=np.uint8) * 4, (48, 1))  # (48, 64), dark to light


def encoded(image, file_format="PNG", **options):
    buffer = BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def decoded(image, file_format="PNG", **options):
    picture = decode_image(encoded(image, file_format, **options))
    assert picture.mode == "RGB"
    return np.asarray(picture).astype(int)


def rgb():
    return Image.fromarray(np.dstack([RAMP, RAMP[:, ::-1], np.full_like(RAMP, 80)]))


def picture(seed=0):
    noise = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return Image.fromarray(noise).resize(SIZE, Image.Resampling.BICUBIC)


def png_with(*chunks, after=False):
    """A PNG with chunks of its own before, or after, its pixels."""
    data = encoded(picture())
    place = data.index(b"IEND") - 4 if after else data.index(b"IDAT") - 4
    return data[:place] + b"".join(chunks) + data[place:]


def chunk(kind, body, crc=None):
    crc = zlib.crc32(kind + body) if crc is None else crc
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)


def tiff(values, photometric=1, planes=1, sample_format=1):
    """A TIFF of an array's values as they are: pixels, or (`planes=2`) each channel by itself."""
    height, width = values.shape[1:] if planes == 2 else values.shape[:2]
    channels = values.shape[0] if planes == 2 else values.size // (width * height)
    shorts = {
        256: [width], 257: [height], 258: [8 * values.itemsize] * channels, 259: [1],
        262: [photometric], 277: [channels], 278: [height], 284: [planes],
        339: [sample_format] * channels,
    }  # fmt: skip
    size = values.nbytes // (channels if planes == 2 else 1)
    offset = 8 + 2 + 12 * (len(shorts) + 2) + 4
    entries, beyond = [], b""

    def add(tag, kind, letter, numbers):
        nonlocal beyond
        body = struct.pack(f"<{len(numbers)}{letter}", *numbers)
        if len(body) > 4:
            place, beyond = offset + len(beyond), beyond + body
            body = struct.pack("<I", place)
        entries.append((tag, struct.pack("<HHI", tag, kind, len(numbers)) + body.ljust(4, b"\0")))

    for tag, numbers in shorts.items():
        add(tag, 3, "H", numbers)
    parts = values.nbytes // size
    add(279, 4, "I", [size] * parts)
    start = offset + len(beyond) + (4 * parts if parts > 1 else 0)
    add(273, 4, "I", [start + size * part for part in range(parts)])
    directory = b"".join(entry for _, entry in sorted(entries))
    head = b"II*\0" + struct.pack("<IH", 8, len(entries))
    return head + directory + bytes(4) + beyond + values.tobytes()


def text(value, *, international=False):
    info = PngInfo()
    if international:
        info.add_itxt("XML:com.adobe.xmp", value, zip=True)
    else:
        info.add_text("workflow", value, zip=True)
    return encoded(picture(), pnginfo=info)


def many_texts():
    info = PngInfo()
    for number in range(70):
        info.add_text(f"layer {number}", "y" * 1_000_000, zip=True)
    return encoded(picture(), pnginfo=info)


def first_half(data):
    """All of the first picture of two, and the start of the second."""
    return data[: data.rindex(b"\xff\xd8\xff") + 20]


BOMB = zlib.compress(bytes(30 << 20))
MPF_EXTRA = {"save_all": True, "append_images": [picture(1)]}

METADATA = {
    "png, 2 MB text": lambda: text("{" + "x" * 2_000_000 + "}"),
    "png, 2 MB xmp": lambda: text("x" * 2_000_000, international=True),
    "png, 70 MB of texts": many_texts,
    "png, 2 MB profile": lambda: encoded(picture(), icc_profile=os.urandom(9) + b"p" * 2_000_000),
    "png, text bomb": lambda: png_with(chunk(b"zTXt", b"a\0\0" + BOMB)),
    "png, profile bomb": lambda: png_with(chunk(b"iCCP", b"a\0\0" + BOMB)),
    "png, text after the pixels": lambda: png_with(chunk(b"zTXt", b"a\0\0" + BOMB), after=True),
    "png, text not compressed as it says": lambda: png_with(chunk(b"zTXt", b"a\0\0nonsense")),
    "png, damaged text": lambda: png_with(chunk(b"tEXt", b"a\0b", crc=1)),
    "png, damaged exif": lambda: png_with(chunk(b"eXIf", b"MM\0*\xff\xff\xff\xff", crc=1)),
    "png, odd exif": lambda: png_with(chunk(b"eXIf", b"nonsense")),
    "png, chunk of nobody": lambda: png_with(chunk(b"aBCd", b"x" * 9)),
    "png, cut off date": lambda: png_with(chunk(b"tIME", b"")),
    "png, gamma of nothing": lambda: png_with(chunk(b"gAMA", b"")),
    "png, resolution of nothing": lambda: png_with(chunk(b"pHYs", b"\0")),
    "png, colours of nothing": lambda: png_with(chunk(b"cHRM", b"\0")),
    "png, intent of nothing": lambda: png_with(chunk(b"sRGB", b"")),
    "jpeg, odd exif": lambda: encoded(picture(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff no"),
    "jpeg, long exif": lambda: encoded(picture(), "JPEG", exif=b"Exif\0\0II*\0" + b"\xff" * 65000),
    "jpeg, 2 MB profile": lambda: encoded(picture(), "JPEG", icc_profile=b"p" * 2_000_000),
    "jpeg, long comment": lambda: encoded(picture(), "JPEG", comment=b"c" * 65000),
    "jpeg, second picture": lambda: encoded(picture(), "MPO", **MPF_EXTRA),
    "jpeg, second picture lost": lambda: first_half(encoded(picture(), "MPO", **MPF_EXTRA)),
    "webp, odd exif": lambda: encoded(picture(), "WEBP", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff"),
    "webp, 2 MB profile": lambda: encoded(picture(), "WEBP", icc_profile=b"p" * 2_000_000),
    "webp, 2 MB xmp": lambda: encoded(picture(), "WEBP", xmp=b"x" * 2_000_000),
    "tiff, 2 MB profile": lambda: encoded(picture(), "TIFF", icc_profile=b"p" * 2_000_000),
    "tiff, 2 MB description": lambda: encoded(picture(), "TIFF", description="d" * 2_000_000),
    "gif, long comment": lambda: encoded(picture(), "GIF", comment=b"c" * 200_000),
    "avif, odd exif": lambda: encoded(picture(), "AVIF", exif=b"MM\0*\xff\xff\xff\xff"),
}
"""Whole pictures with metadata that are large, odd or damaged."""
