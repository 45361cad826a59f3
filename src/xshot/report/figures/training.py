"""Training curves: one panel per series."""

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from xshot.report.figures.canvas import draw
from xshot.report.palette import stand_in
from xshot.report.series import Columns


def training_figures(curves: Columns, stage: str) -> dict[str, str]:
    """A panel for each column but `step`, by the column's name."""
    return {
        name: _panel(curves["step"], values, name, stage)
        for name, values in curves.items()
        if name != "step"
    }


def _panel(steps: NDArray[np.float64], values: NDArray[np.float64], name: str, stage: str) -> str:
    there = np.isfinite(values)

    def plot(axes: Axes) -> None:
        marker = "o" if there.sum() == 1 else None
        axes.plot(
            steps[there], values[there], color=stand_in("model"), linewidth=1.3, marker=marker
        )
        axes.set(xlabel="step")
        axes.margins(x=0.02)

    return draw(f"{stage}-{name}", f"{stage}: {name} over the training steps", plot, (3.2, 2.0))
