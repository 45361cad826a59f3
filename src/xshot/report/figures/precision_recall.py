"""Precision over recall, CLIP beside the model."""

from matplotlib.axes import Axes

from xshot.report.figures.canvas import draw
from xshot.report.outcome import DIRECTION_NAMES, SYSTEM_NAMES
from xshot.report.palette import stand_in
from xshot.report.series import Columns

_DASHES = {"clip": (0, (4, 1.5)), "model": "solid"}


def precision_recall_figure(curves: Columns, direction: str, chance: float) -> str:
    """One direction's curves, with what a random ranking would reach."""

    def plot(axes: Axes) -> None:
        for system, name in SYSTEM_NAMES.items():
            axes.plot(
                curves["recall"],
                curves[f"{system}_{direction}"],
                color=stand_in(system),
                linestyle=_DASHES[system],
                label=name,
            )
        axes.axhline(chance, color=stand_in("muted"), linewidth=1, linestyle=":", label="chance")
        axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1))
        axes.figure.legend(loc="outside upper left", ncols=3)

    label = f"Precision over recall, {DIRECTION_NAMES[direction]}: raw CLIP, model and chance"
    return draw(f"recall-{direction}", label, plot)
