"""How much of the projection the rows of either kind of class take."""

import numpy as np
from matplotlib.axes import Axes

from xshot.report.figures.canvas import draw
from xshot.report.outcome import KINDS
from xshot.report.palette import stand_in
from xshot.report.series import Columns

_DASHES = {"target": "solid", "source": (0, (3, 1))}


def gates_figure(gates: Columns, modality: str) -> str:
    """Histogram of one modality's gate values, target classes beside source classes."""
    middles = gates["gate"]
    half = (middles[1] - middles[0]) / 2
    edges = np.append(middles - half, middles[-1] + half)
    shares = {kind: gates[f"{kind}_{modality}"] for kind in KINDS}
    used = np.flatnonzero(sum(shares.values()))

    def plot(axes: Axes) -> None:
        for kind, share in shares.items():
            axes.stairs(
                share,
                edges,
                color=stand_in(kind),
                linewidth=1.8,
                linestyle=_DASHES[kind],
                label=f"{kind} classes",
            )
            axes.stairs(share, edges, fill=True, color=stand_in(kind), alpha=0.18)
        axes.set(
            xlabel="gate (0 = keep CLIP, 1 = take the projection)",
            ylabel="share of the rows",
            xlim=(max(0, edges[used[0]] - 0.05), min(1, edges[used[-1] + 1] + 0.05)),
        )
        axes.locator_params(axis="x", nbins=6)
        axes.figure.legend(loc="outside upper left", ncols=3)

    return draw(f"gates-{modality}", f"Gate values of {modality}s, target and source classes", plot)
