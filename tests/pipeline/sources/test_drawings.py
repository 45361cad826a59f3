from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.sources.drawings import SIZE, render_png, render_views

RED_SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}">{body}</svg>'


def _svg(folder: Path, body: str, *, w: int = 10, h: int = 10) -> Path:
    path = folder / "drawing.svg"
    path.write_text(RED_SQUARE.format(w=w, h=h, body=body), encoding="utf-8")
    return path


def _pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"))


@pytest.fixture
def left_half(tmp_path: Path) -> Path:
    """A red rectangle that fills the drawing's left half."""
    return _svg(tmp_path, '<rect width="5" height="10" fill="#f00"/>')


def test_a_drawing_stands_on_opaque_white(left_half):
    image = Image.open(BytesIO(render_png(left_half)))
    assert image.size == (SIZE, SIZE)
    assert np.asarray(image.convert("RGBA"))[..., 3].min() == 255
    pixels = _pixels(image)
    assert (pixels[:, : SIZE // 2] == (255, 0, 0)).all()
    assert (pixels[:, SIZE // 2 :] == 255).all()


def test_rendering_is_byte_identical(left_half):
    assert render_png(left_half) == render_png(left_half)


def test_views_are_plain_mirrored_and_turned_both_ways(left_half):
    plain, mirrored, left, right = (_pixels(view) for view in render_views(left_half))
    assert all(view.shape == (SIZE, SIZE, 3) for view in (plain, mirrored, left, right))
    np.testing.assert_array_equal(mirrored, plain[:, ::-1])
    edge = slice(0, 4)
    for turned in (left, right):
        assert (turned[edge] == 255).all(), "a shrunk drawing keeps clear of the edge"
        assert (turned == (255, 0, 0)).all(axis=-1).any()
    # The right-hand border of the red half leans one way, then the other.
    red = [(view[..., 1] < 128) for view in (left, right)]
    leans = [_last_red(r, SIZE // 4) - _last_red(r, 3 * SIZE // 4) for r in red]
    assert leans[0] < 0 < leans[1]


def _last_red(red: np.ndarray, row: int) -> int:
    return int(np.flatnonzero(red[row]).max())


def test_a_drawing_that_is_not_square_is_padded_with_white(tmp_path):
    svg = _svg(tmp_path, '<rect width="20" height="10" fill="#f00"/>', w=20, h=10)
    plain = _pixels(render_views(svg)[0])
    assert plain.shape == (SIZE, SIZE, 3)
    assert (plain[0] == 255).all()
    assert (plain[SIZE // 2] == (255, 0, 0)).all()
