"""Training curves: scalar series by step, for DVC to plot."""

import csv
import math
from io import StringIO
from pathlib import Path
from typing import SupportsFloat

from xshot.errors import UserError
from xshot.store.atomic import write_text


class Curves:
    """The losses of a training run by step, stopped at the first that is not finite.

    Args:
        stage: name of the stage, for the error.
        remedy: what the user can do if training diverges.
    """

    def __init__(self, stage: str, *, remedy: str) -> None:
        self._stage = stage
        self._remedy = remedy
        self._rows: list[dict[str, float]] = []

    def add(self, step: int, **losses: SupportsFloat) -> None:
        """Record the losses of one step.

        Raises:
            UserError: one of them is not finite.
        """
        values = {name: float(loss) for name, loss in losses.items()}
        self.check_finite(step, **values)
        self._rows.append({"step": step, **values})

    def check_finite(self, step: int, **losses: SupportsFloat) -> None:
        """Stop a training that has diverged.

        Raises:
            UserError: naming the stage, the loss and the step.
        """
        for name, loss in losses.items():
            if not math.isfinite(float(loss)):
                raise UserError(
                    f"{self._stage}: loss '{name}' is {float(loss)} at step {step}; {self._remedy}"
                )

    def series(self, name: str) -> list[float]:
        """The values of one loss, in the order of steps."""
        return [row[name] for row in self._rows]

    def write_curves(self, path: Path) -> None:
        """Write a CSV with a `step` column and one column per loss, atomically."""
        table = StringIO()
        names = list(dict.fromkeys(["step", *(name for row in self._rows for name in row)]))
        writer = csv.DictWriter(table, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {name: f"{value:.6g}" for name, value in row.items()} for row in self._rows
        )
        write_text(path, table.getvalue())
