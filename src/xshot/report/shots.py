"""mAP against the number of shots, and what each part adds: results/map_vs_k.svg."""

from collections.abc import Sequence
from io import StringIO
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito's colours, which most readers can tell apart, for the method and the papers; the
# baselines in greys and dashes.
_COLOURS = {
    "clip": "#555555",
    "flex_clip": "#e69f00",
    "gcrdp": "#009e73",
    "flex_gcrdp": "#d55e00",
    "posterior": "#0072b2",
    "xshot": "#000000",
}
_OTHER = "#8a8a8a"
_MARKERS = "osD^vP*X"
_LABEL_GAP = 0.034
"""Least distance of two labels, as a share of the axis."""
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "xshot",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
}
"""Of pictures that stand by themselves in results/."""


class Band(NamedTuple):
    """One variant: per shot a mean and the half-width of its interval."""

    variant: str
    points: Sequence[tuple[float, float]]


def draw_map_by_shots(
    shots: Sequence[int], bands: Sequence[Band], differences: Sequence[Band]
) -> str:
    """A standalone SVG of two panels.

    Args:
        shots: the values of K.
        bands: mAP of each variant.
        differences: mAP of the whole method minus that of each ablation.
    """
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        figure = Figure(figsize=(12, 5.6), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=[1.25, 1])
        for axes in (left, right):
            axes.set_xticks(range(len(shots)), [str(shot) for shot in shots])
            axes.set_xlabel("labelled pairs per target class (K)")
        _draw_bands(left, bands)
        _draw_differences(right, differences)
        text = StringIO()
        figure.savefig(text, format="svg", facecolor="white", metadata={"Date": None})
    return text.getvalue()


def _draw_bands(axes: Axes, bands: Sequence[Band]) -> None:
    axes.set_title("Target mAP, mean of both directions", loc="left")
    for band in sorted(bands, key=lambda band: band.variant in _COLOURS):
        named = band.variant in _COLOURS
        colour = _COLOURS.get(band.variant, _OTHER)
        means, halves = np.array(band.points).T
        places = np.arange(len(means))
        axes.plot(
            places,
            means,
            color=colour,
            linewidth=2.2 if named else 1.2,
            linestyle="-" if named else "--",
            marker="o" if named else None,
        )
        axes.fill_between(places, means - halves, means + halves, color=colour, alpha=0.12, lw=0)
    last = len(bands[0].points) - 1
    axes.set_xlim(-0.15, last + 0.15)
    ends = [band.points[-1][0] for band in bands]
    for band, end, place in zip(bands, ends, _spread(axes, ends), strict=True):
        axes.annotate(
            band.variant,
            (last, end),
            xytext=(1.03, place),
            textcoords="axes fraction",
            verticalalignment="center",
            color=_COLOURS.get(band.variant, "#5f5f5f"),
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": "#c8c8c8", "linewidth": 0.7},
        )


def _spread(axes: Axes, values: Sequence[float]) -> list[float]:
    """Heights for labels beside `values`, in the axis' share, that leave each other room."""
    low, high = axes.get_ylim()
    wanted = (np.array(values) - low) / (high - low)
    order = np.argsort(wanted)
    heights = wanted[order]
    for _ in range(200):
        short = np.maximum(_LABEL_GAP - np.diff(heights), 0) / 2
        heights[:-1] -= short
        heights[1:] += short
    placed = np.empty_like(heights)
    placed[order] = heights
    return [float(height) for height in placed]


def _draw_differences(axes: Axes, differences: Sequence[Band]) -> None:
    axes.set_title("xshot minus itself without a part", loc="left")
    axes.axhline(0, color="#555555", linewidth=1)
    colours = [*_COLOURS.values(), "#cc79a7", "#56b4e9"]
    for number, band in enumerate(differences):
        means, halves = np.array(band.points).T
        shift = (number - (len(differences) - 1) / 2) * 0.09
        axes.errorbar(
            np.arange(len(means)) + shift,
            means,
            yerr=halves,
            fmt=_MARKERS[number % len(_MARKERS)],
            markersize=4.5,
            color=colours[number % len(colours)],
            label=band.variant,
        )
    if differences:
        axes.legend(frameon=False, ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.11))
