"""What phones, browsers and cameras save is read, or is called what it is, with what to do."""

import pytest

from tests.pictures.files import SIZE, encoded, picture
from xshot.pictures import BadImageError, UnknownImageError, decode_image, formats
from xshot.pictures.formats import EXTRAS, OTHER, READ, is_known, readable, what_else, why_not

SAVED = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".pjpeg", ".pjp", ".mpo", ".jps", ".insp"),
    "PNG": (".png", ".apng"),
    "GIF": (".gif",),
    "BMP": (".bmp", ".dib"),
    "TIFF": (".tif", ".tiff"),
    "WEBP": (".webp",),
    "AVIF": (".avif", ".avifs"),
    "JPEG2000": (".jp2", ".j2k", ".jpc", ".jpf", ".jpx", ".j2c"),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
    "DDS": (".dds",),
    "ICNS": (".icns",),
    "ICO": (".ico", ".cur"),
    "PCX": (".pcx",),
    "QOI": (".qoi",),
    "SGI": (".sgi",),
    "TGA": (".tga",),
}


@pytest.mark.parametrize("name", SAVED)
def test_every_format_is_read_and_its_suffixes_are_known(name):
    data = encoded(picture(), name)
    size = SIZE if name not in ("ICO", "ICNS") else decode_image(data).size  # of their own
    assert decode_image(data).size == size
    assert is_known(data[: formats.HEADER])
    assert READ.issuperset(SAVED[name])


def test_no_suffix_is_forgotten_here():
    assert {suffix for own in SAVED.values() for suffix in own} == READ
    assert not READ & OTHER.keys()


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99)
JXL = b"\xff\x0a" + bytes(99)
ELSE = {
    "heic": (HEIC, r"HEIC.*pip install -e '\.\[heic\]'"),
    "jxl": (JXL, r"JXL.*pip install -e '\.\[jxl\]'"),
    "jxl in a box": (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(99), "JXL"),
    "canon": (b"II*\0\x10\0\0\0CR\x02\0" + bytes(99), "raw file; export"),
    "canon 3": (b"\0\0\0\x18ftypcrx " + bytes(99), "raw file; export"),
    "fuji": (b"FUJIFILMCCD-RAW 0201" + bytes(99), "raw file; export"),
    "film": (b"\0\0\0\x18ftypmp42" + bytes(99), "a video"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG drawing; export"),
    "svg with a head": (b"\xef\xbb\xbf<?xml version='1.0'?>\n<svg/>", "SVG drawing; export"),
    "page": (b"\n<!DOCTYPE html><html></html>", "web page"),
    "pdf": (b"%PDF-1.7\n", "PDF document"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript"),
    "zip": (b"PK\x03\x04" + bytes(30), "ZIP archive"),
    "pointer": (b"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull"),
    "empty": (b"", "empty, 0 bytes"),
}


@pytest.fixture
def no_extras(monkeypatch):
    """As without the extras: nobody's environment has to lack them."""
    monkeypatch.setattr(formats, "_FOUND", {extra.name: False for extra in EXTRAS})


@pytest.mark.usefixtures("no_extras")
@pytest.mark.parametrize("name", ELSE)
def test_what_is_not_read_is_called_what_it_is(name):
    data, told = ELSE[name]
    with pytest.raises(UnknownImageError, match=told):
        decode_image(data)
    assert not is_known(data)


def test_a_raw_file_is_not_taken_for_its_preview():
    data = encoded(picture(), "TIFF", tiffinfo={254: 1})
    with pytest.raises(BadImageError, match="raw file"):
        decode_image(data)


@pytest.mark.usefixtures("no_extras")
def test_suffixes_without_the_extras():
    assert readable() == READ
    for suffix in (".heic", ".jxl", ".cr2", ".nef", ".dng", ".mov", ".svg", ".psd"):
        assert why_not(suffix)
    assert why_not(".txt") is None
    assert why_not(".jfif") is None


@pytest.mark.parametrize("extra", EXTRAS, ids=[extra.name for extra in EXTRAS])
def test_with_the_extra_its_pictures_are_read(extra):
    pytest.importorskip(extra.module)
    assert readable().issuperset(extra.suffixes)
    assert extra.opener in formats.extra_openers()
    data = encoded(picture(), extra.opener)
    assert decode_image(data).size == SIZE
    assert what_else(data[: formats.HEADER]) is None


def test_a_format_that_was_not_asked_for_is_not_opened():
    for form in ("MPO", "JPEG"):
        options = {"save_all": True, "append_images": [picture(1)]} if form == "MPO" else {}
        assert decode_image(encoded(picture(), form, **options), ("JPEG",)).size == SIZE
    with pytest.raises(UnknownImageError):
        decode_image(encoded(picture(), "PPM"), ("JPEG", "PNG"))
