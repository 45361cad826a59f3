"""mAP against the number of shots, a line with its interval per variant: results/map_vs_k.svg."""

from collections.abc import Sequence
from io import StringIO
from typing import Any, NamedTuple

import matplotlib
from matplotlib.figure import Figure

# Okabe and Ito's colours, which most readers can tell apart.
_COLOURS = {
    "clip": "#555555",
    "flex_clip": "#e69f00",
    "gcrdp": "#009e73",
    "flex_gcrdp": "#d55e00",
    "posterior": "#0072b2",
    "xshot": "#000000",
}
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "xshot",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
}


class Band(NamedTuple):
    """One variant: per shot its mean and the half-width of its interval."""

    variant: str
    points: Sequence[tuple[float, float]]


def draw_map_by_shots(shots: Sequence[int], bands: Sequence[Band]) -> str:
    """A standalone SVG; the papers, the method and raw CLIP in colour, all others in grey."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        figure = Figure(figsize=(8, 5), layout="constrained")
        axes = figure.add_subplot()
        places = range(len(shots))
        for band in sorted(bands, key=lambda band: band.variant in _COLOURS):
            means = [mean for mean, _ in band.points]
            named = band.variant in _COLOURS
            colour = _COLOURS.get(band.variant, "#bbbbbb")
            axes.plot(
                places,
                means,
                color=colour,
                linewidth=2.2 if named else 0.9,
                marker="o" if named else None,
                label=band.variant if named else "_",
            )
            low = [mean - half for mean, half in band.points]
            high = [mean + half for mean, half in band.points]
            axes.fill_between(places, low, high, color=colour, alpha=0.12 if named else 0.05, lw=0)
        axes.set_xticks(places, [str(shot) for shot in shots])
        axes.set_xlabel("labelled pairs per target class (K)")
        axes.set_ylabel("target mAP, mean of both directions")
        # In the order in which the lines end.
        ends = {band.variant: -band.points[-1][0] for band in bands}
        handles, labels = axes.get_legend_handles_labels()
        order = sorted(range(len(labels)), key=lambda place: ends[labels[place]])
        axes.legend([handles[i] for i in order], [labels[i] for i in order], frameon=False)
        text = StringIO()
        figure.savefig(text, format="svg", facecolor="white", metadata={"Date": None})
    return text.getvalue()
