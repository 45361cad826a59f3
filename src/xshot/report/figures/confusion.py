"""The classes that answer, by the class that asks."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator
from numpy.typing import NDArray

from xshot.report.figures.canvas import draw
from xshot.report.outcome import SYSTEM_NAMES
from xshot.report.palette import stand_in

_INK = (0x3B / 255, 0x82 / 255, 0xF0 / 255)
"""Of the shares, on either theme; more share, less of the background shines through."""


def confusion_figure(matrix: NDArray[np.float64], is_target: NDArray[np.bool_], system: str) -> str:
    """Heat map of a confusion matrix; source classes first, then target classes."""
    order = np.argsort(is_target, kind="stable")
    shares = matrix[np.ix_(order, order)]
    n_classes, n_source = len(order), int((~is_target).sum())
    pixels = np.empty((n_classes, n_classes, 4))
    pixels[..., :3] = _INK
    # Small shares are what there is to see; the root lifts them.
    pixels[..., 3] = np.sqrt(np.clip(shares, 0, 1))

    def plot(axes: Axes) -> None:
        axes.grid(visible=False)
        axes.imshow(pixels, interpolation="nearest")
        for line in (axes.axhline, axes.axvline):
            line(n_source - 0.5, color=stand_in("muted"), linewidth=0.8)
        axes.spines[["top", "right"]].set_visible(True)
        middles = [(n_source - 1) / 2, (n_source + n_classes - 1) / 2]
        axes.set_xticks(middles, ["source", "target"])
        axes.set_yticks(middles, ["source", "target"], rotation=90, va="center")
        axes.tick_params(length=0)
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set(xlabel="class of the answers", ylabel="class of the query")

    label = f"Share of every class among the answers of {SYSTEM_NAMES[system]}"
    return draw(f"confusion-{system}", label, plot, size=(3.8, 3.6))
