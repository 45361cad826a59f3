"""SVG drawings as pixels on white, and the views of a drawing that a training sees."""

from io import BytesIO
from pathlib import Path

import resvg_py
from PIL import Image, ImageOps

SIZE = 224

_SHRINK = 0.8
_TURN_DEGREES = 10
_WHITE = (255, 255, 255)


def render_png(svg: Path) -> bytes:
    """`svg` as PNG, `SIZE` pixels wide, on white; no font or other file takes part."""
    return resvg_py.svg_to_bytes(
        svg_string=svg.read_text(encoding="utf-8"),
        width=SIZE,
        height=SIZE,
        background="white",
        skip_system_fonts=True,
    )


def render_views(svg: Path) -> list[Image.Image]:
    """Four square RGB views: plain, mirrored, and shrunk and turned to either side."""
    drawn = Image.open(BytesIO(render_png(svg))).convert("RGB")
    plain = ImageOps.pad(drawn, (SIZE, SIZE), color=_WHITE)  # a few drawings are not square
    margin = round(SIZE * (1 - _SHRINK) / 2)
    small = plain.resize((SIZE - 2 * margin, SIZE - 2 * margin), Image.Resampling.BICUBIC)
    small = ImageOps.expand(small, margin, _WHITE)
    turned = [
        small.rotate(angle, Image.Resampling.BICUBIC, fillcolor=_WHITE)
        for angle in (_TURN_DEGREES, -_TURN_DEGREES)
    ]
    return [plain, ImageOps.mirror(plain), *turned]
