"""Metadata, whatever they are, cost no picture; what changes the pixels stays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.pictures.files import METADATA, SIZE, chunk, encoded, picture, png_with
from xshot.pictures import decode_image
from xshot.pictures.metadata import without_metadata


@pytest.mark.parametrize("name", METADATA)
def test_a_whole_picture_is_read(name):
    found = decode_image(METADATA[name]())
    assert (found.size, found.mode) == (SIZE, "RGB")
    mean = np.abs(np.asarray(found, int) - np.asarray(picture(), int)).mean()
    assert mean < (1 if name.startswith("png") else 20)


KINDS = st.sampled_from([b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"eXIf", b"tIME", b"gAMA", b"pHYs"])


@settings(max_examples=200)
@given(kind=KINDS, body=st.binary(max_size=60), crc=st.none() | st.just(7), after=st.booleans())
def test_any_chunk_of_metadata_leaves_the_pixels(kind, body, crc, after):
    found = decode_image(png_with(chunk(kind, body, crc), after=after))
    assert sorted(found.size) == sorted(SIZE)
    if found.size == SIZE and kind != b"eXIf":  # which may turn it around
        np.testing.assert_array_equal(np.asarray(found), np.asarray(picture()))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["exif", "xmp"])
def test_orientation_stays(orientation, form):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(picture(), exif=exif)
    if form == "xmp":
        xmp = f'<x:xmpmeta><rdf:RDF><a tiff:Orientation="{orientation}"/></rdf:RDF></x:xmpmeta>'
        body = b"XML:com.adobe.xmp\0\0\0\0\0" + xmp.encode()
        data = png_with(chunk(b"iTXt", body))
    turned = decode_image(encoded(picture(), exif=exif))
    np.testing.assert_array_equal(np.asarray(decode_image(data)), np.asarray(turned))
    assert decode_image(data).size == (SIZE[::-1] if orientation > 4 else SIZE)


@given(st.binary(max_size=200))
def test_what_is_no_png_stays_as_it_is(data):
    assert without_metadata(data) == data


@given(st.floats(0, 1))
def test_a_cut_png_stays_cut(share):
    data = encoded(picture())
    cut = data[: int(share * len(data))]
    assert cut.endswith(without_metadata(cut)[-12:])
