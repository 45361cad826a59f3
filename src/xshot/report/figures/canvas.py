"""Matplotlib drawings as inline SVG: in the page's colours and font, the same bytes every time."""

import re
from collections.abc import Callable
from io import StringIO
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xshot.report.palette import stand_in, themed

SIZE = (4.0, 2.8)
"""Inches of one panel: about as wide as a phone, where its words keep their size."""

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "xshot",
    "font.size": 9.0,
    "axes.edgecolor": stand_in("muted"),
    "axes.labelcolor": stand_in("ink"),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": stand_in("grid"),
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.labelcolor": stand_in("ink"),
    "lines.linewidth": 1.8,
    "text.color": stand_in("ink"),
    "xtick.color": stand_in("muted"),
    "xtick.labelcolor": stand_in("ink"),
    "ytick.color": stand_in("muted"),
    "ytick.labelcolor": stand_in("ink"),
}


def draw(
    name: str, label: str, plot: Callable[[Axes], None], size: tuple[float, float] = SIZE
) -> str:
    """Draw one panel.

    Args:
        name: unique in the page; the drawing's ids start with it.
        label: what a screen reader says in place of the drawing.
        plot: draws onto the axes, in `stand_in` colours.
        size: inches.

    Returns:
        An `<svg>` element without addresses, metadata or colours of its own.
    """
    # A user's matplotlibrc must not change the page.
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        figure = Figure(figsize=size, layout="constrained")
        plot(figure.add_subplot())
        text = StringIO()
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None})
    return _inline(text.getvalue(), name, label)


def _inline(svg: str, name: str, label: str) -> str:
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' xmlns(:\w+)?="[^"]*"', "", svg).replace("xlink:href", "href")
    svg = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r"font-family: [^;\"]*;? ?", "", svg)
    label = label.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
    return themed(re.sub(r"\s*\n\s*", "\n", svg))
