"""Pictures as phones, browsers and editors save them, and what is none."""

import os

import numpy as np

from tests.brought.brought import NO_FILES, Brought, of_bytes
from tests.pictures.files import METADATA, chunk, encoded, picture, png_with, tiff

_MANY = {"save_all": True, "append_images": [picture(1)]}
_JPEG = encoded(picture(), "JPEG")
_DEEP = np.linspace(0, 1, 3 * 9 * 3).reshape(3, 9, 3)
_NOT_READ = "TIFF of a kind that Pillow does not read.*save it anew"

RARE = {
    form: of_bytes(encoded(picture(), form))
    for form in ("DDS", "ICNS", "ICO", "PCX", "QOI", "SGI", "TGA")
}
"""Formats of games, icons and old programs."""


def _vast(path):
    path.write_bytes(_JPEG)
    os.truncate(path, 1 << 31)


PICTURES: dict[str, Brought] = {
    "jpeg": of_bytes(_JPEG),
    "jpeg with a second picture": of_bytes(encoded(picture(), "MPO", **_MANY)),
    "jpeg with a film": of_bytes(_JPEG + b"\0\0\0\x18ftypmp42" + bytes(500)),
    "cmyk": of_bytes(encoded(picture().convert("CMYK"), "JPEG")),
    "png with a long text": of_bytes(METADATA["png, 2 MB text"]()),
    "png with a damaged text": of_bytes(METADATA["png, damaged text"]()),
    "png of a telephone": of_bytes(png_with(chunk(b"CgBI", b"\x50\0\x20\6"))),
    "avif": of_bytes(encoded(picture(), "AVIF")),
    "palette": of_bytes(encoded(picture().quantize(9), "PNG", transparency=0)),
    **RARE,
    **NO_FILES,
    "empty": of_bytes(b"", "empty, 0 bytes; get it again"),
    "zeros": of_bytes(bytes(999), "nothing but zeros.*get it again"),
    "vast": Brought(_vast, "2.0 GiB, more than a picture.*save it smaller", deep=True),
    "web page": of_bytes(b"<!doctype html><p>404", "web page"),
    "xml": of_bytes(b'<?xml version="1.0"?><Error><Code>AccessDenied', "an XML file"),
    "heic": of_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99), "HEIC.*pip install"),
    "raw": of_bytes(b"\0\0\0\x18ftypcrx " + bytes(99), "raw file; export it"),
    "archive": of_bytes(b"\x1f\x8b\x08" + bytes(99), "an archive; unpack it"),
    "resource fork": of_bytes(b"\0\x05\x16\x07\0\x02\0\0Mac OS X" + bytes(99), "macOS keeps"),
    "dvc pointer": of_bytes(b"outs:\n- md5: 0123\n  path: b.jpg\n", "dvc pull"),
    "cut": of_bytes(_JPEG[:-300], "truncated: still being written or copied", deep=True),
    "cut png": of_bytes(encoded(picture())[:-300], "truncated: still being", deep=True),
    "cut webp": of_bytes(encoded(picture(), "WEBP")[:-9], "truncated: still being", deep=True),
    "cut avif": of_bytes(encoded(picture(), "AVIF")[:99], "truncated: still being", deep=True),
    "cut tiff": of_bytes(encoded(picture(), "TIFF")[:8], "truncated: still being", deep=True),
    "cut gif": of_bytes(encoded(picture(), "GIF")[:99], "incomplete: still being", deep=True),
    "tiff of deep floats": of_bytes(tiff(_DEEP, sample_format=3), _NOT_READ, deep=True),
    "tiff of colour floats": of_bytes(
        tiff(_DEEP.astype("f4"), photometric=2, sample_format=3), _NOT_READ, deep=True
    ),
    "tiff of deep planes": of_bytes(
        tiff(_DEEP.astype("u2"), photometric=2, planes=2), _NOT_READ, deep=True
    ),
    "tiff of signed bytes": of_bytes(
        tiff(_DEEP[0].astype("i1"), sample_format=2), _NOT_READ, deep=True
    ),
    "tables": of_bytes(b"\x89HDF\r\n\x1a\n" + bytes(99), "not an image that Pillow", deep=True),
    "avi": of_bytes(b"RIFF\xff\0\0\0AVI LIST", "a video; save frames"),
    "mpeg": of_bytes(b"\0\0\1\xba" + bytes(99), "a video; save frames"),
    "text": of_bytes(b"404 Not Found", "a text, not a picture.*get the picture again"),
    "json": of_bytes('{"error": "größer"}'.encode(), "a text, not a picture"),
    "comment": of_bytes(b"<!-- made by hand --><svg>", "SVG drawing; export it"),
    "base64": of_bytes(b"data:image/jpeg;base64,/9j/4AAQ", "written as text; decode"),
    "shortcut": of_bytes(b"[InternetShortcut]\r\nURL=x", "a shortcut.*copy the picture"),
    "annex": of_bytes(b"../.git/annex/objects/aa/bb", "git annex get"),
    "noise": of_bytes(bytes(range(256)), "not an image .*; save it anew as JPEG", deep=True),
}
