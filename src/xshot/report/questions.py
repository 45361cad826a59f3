"""mAP against the number of questions that an annotator was asked: results/suggest.svg."""

from collections.abc import Mapping, Sequence
from io import StringIO
from typing import NamedTuple

import matplotlib
from matplotlib.figure import Figure

from xshot.report.shots import STYLE

_COLOURS = {"suggested": "#000000", "covering": "#009e73", "name": "#d55e00", "drawn": "#0072b2"}
_OTHER = "#8a8a8a"


class Line(NamedTuple):
    """One way to find the pictures: for each K the questions per class, and mAP."""

    arm: str
    questions: Sequence[float]
    values: Sequence[float]


def draw_map_by_questions(panels: Mapping[str, Sequence[Line]]) -> str:
    """A standalone SVG with a panel for each variant, by name."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        figure = Figure(figsize=(6 * len(panels), 4.6), layout="constrained")
        (row,) = figure.subplots(1, len(panels), squeeze=False)
        for axes, (variant, lines) in zip(row, panels.items(), strict=True):
            axes.set_title(f"{variant}: target mAP, mean of both directions", loc="left")
            axes.set_xlabel("questions per target class")
            axes.set_xscale("log")
            ticks = (1, 2, 5, 10, 20, 50, 100, 200)
            axes.set_xticks(ticks, [str(tick) for tick in ticks])
            axes.minorticks_off()
            for line in lines:
                colour = _COLOURS.get(line.arm, _OTHER)
                axes.plot(line.questions, line.values, marker="o", color=colour, label=line.arm)
        handles, labels = row[0].get_legend_handles_labels()  # the arms are the same in each
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
        text = StringIO()
        figure.savefig(text, format="svg", facecolor="white", metadata={"Date": None})
    return text.getvalue()
