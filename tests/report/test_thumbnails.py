import base64
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from xshot.report.thumbnails import SIDE, thumbnail


def decoded(uri):
    head, _, data = uri.partition(",")
    assert head == "data:image/jpeg;base64"
    return Image.open(BytesIO(base64.b64decode(data, validate=True)))


@pytest.mark.parametrize(("size", "expected"), [((448, 224), (112, 56)), ((20, 30), (20, 30))])
def test_large_pictures_shrink_in_proportion_and_small_ones_stay(tmp_path, size, expected):
    Image.new("RGB", size, (200, 30, 40)).save(tmp_path / "a.jpg", quality=95)
    small = decoded(thumbnail(tmp_path / "a.jpg"))
    assert small.size == expected
    assert max(expected) <= SIDE
    np.testing.assert_allclose(np.asarray(small).mean(axis=(0, 1)), (200, 30, 40), atol=4)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_pictures_stand_on_white(tmp_path, mode):
    clear = Image.new("RGBA", (16, 16), (0, 0, 0, 0))
    clear.convert(mode).save(tmp_path / "a.png", transparency=0 if mode == "P" else None)
    assert np.asarray(decoded(thumbnail(tmp_path / "a.png"))).min() > 250


@pytest.mark.parametrize(
    ("mode", "value"), [("1", 1), ("L", 128), ("CMYK", (0, 0, 0, 127)), ("I;16", 128 * 257)]
)
def test_unusual_modes_are_shown(tmp_path, mode, value):
    Image.new(mode, (16, 16), value).save(tmp_path / "a.tif")
    small = decoded(thumbnail(tmp_path / "a.tif"))
    assert small.mode == "RGB"
    np.testing.assert_allclose(np.asarray(small), 255 if mode == "1" else 128, atol=2)


def test_a_picture_taken_upright_is_shown_upright(tmp_path):
    lying = Image.new("RGB", (40, 20))
    lying.paste("white", (0, 0, 10, 20))
    exif = lying.getexif()
    exif[0x0112] = 6  # turn clockwise to see it
    lying.save(tmp_path / "a.jpg", exif=exif, quality=95)
    small = decoded(thumbnail(tmp_path / "a.jpg"))
    assert small.size == (20, 40)
    assert np.asarray(small)[:8].min() > 240
    assert np.asarray(small)[12:].max() < 15


def test_the_same_picture_gives_the_same_bytes(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (300, 200, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.png")
    assert thumbnail(tmp_path / "a.png") == thumbnail(tmp_path / "a.png")


def test_what_cannot_be_read_has_no_thumbnail(tmp_path, monkeypatch):
    whole = BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)).save(
        whole, "PNG"
    )
    (tmp_path / "cut.png").write_bytes(whole.getvalue()[:200])
    (tmp_path / "text.png").write_text("not a picture")
    (tmp_path / "folder.png").mkdir()
    for name in ("cut", "text", "folder", "absent"):
        assert thumbnail(tmp_path / f"{name}.png") is None
    (tmp_path / "bomb.png").write_bytes(whole.getvalue())
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert thumbnail(tmp_path / "bomb.png") is None
