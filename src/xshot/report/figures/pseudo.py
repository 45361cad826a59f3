"""Real and generated features of the target classes in one plane."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from xshot.report.figures.canvas import draw
from xshot.report.palette import stand_in

MAX_POINTS = 400
"""Drawn per cloud, evenly spaced: more only hide each other."""


def principal_plane(
    real: NDArray[np.float32], *others: NDArray[np.float32]
) -> list[NDArray[np.float64]]:
    """Coordinates on the first two principal axes of `real`: (N, 2) for each matrix given.

    The sign of an axis is fixed by its largest weight, so that it does not depend on the solver.
    """
    mean = real.mean(axis=0, dtype=np.float64)
    centred = real - mean
    axes = np.linalg.eigh(centred.T @ centred)[1][:, :-3:-1]
    largest = np.abs(axes).argmax(axis=0)
    axes = axes * np.sign(axes[largest, [0, 1]])
    return [(matrix - mean) @ axes for matrix in (real, *others)]


def pseudo_figure(real: NDArray[np.float32], pseudo: NDArray[np.float32], modality: str) -> str:
    """Generated features over real ones, on the principal plane of the real ones."""
    of_real, of_pseudo = (_thinned(points) for points in principal_plane(real, pseudo))

    def plot(axes: Axes) -> None:
        style: dict[str, Any] = {"s": 13, "linewidths": 0.9, "alpha": 0.75}
        x, y = of_real.T
        axes.scatter(
            x,
            y,
            marker="o",
            edgecolors=stand_in("target"),
            facecolors="none",
            label="real, held out",
            **style,
        )
        x, y = of_pseudo.T
        axes.scatter(x, y, marker="x", color=stand_in("model"), label="generated", **style)
        axes.set(xlabel="first principal axis", ylabel="second principal axis")
        axes.figure.legend(loc="outside upper left", ncols=3)

    return draw(f"pseudo-{modality}", f"Real and generated {modality} features, projected", plot)


def _thinned(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return points[:: max(1, -(-len(points) // MAX_POINTS))]
