"""The series behind the plots: tables of a few columns, drawn by the page and by DVC alike.

DVC draws one line per column, which is why the curves that belong in one plot stand side by side.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from io import StringIO
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xshot.errors import UserError
from xshot.report.outcome import KINDS, MODALITIES, SYSTEMS, Outcome
from xshot.retrieval.curves import RECALL_PERCENT, class_ap, precision_recall
from xshot.retrieval.galleries import DIRECTIONS
from xshot.store.atomic import write_text

GATE_BINS = 100

Columns = dict[str, NDArray[np.float64]]
"""Columns of equal length, by name."""


@dataclass(frozen=True)
class ClassAp:
    """Mean average precision of one class's queries, over both directions.

    Attributes:
        name: of the class.
        kind: `target` or `source`: the gallery that the class is judged in.
        clip: of the raw features.
        model: of the trained model.
    """

    name: str
    kind: str
    clip: float
    model: float

    @property
    def gain(self) -> float:
        """Model less CLIP."""
        return self.model - self.clip


@dataclass(frozen=True)
class Series:
    """Everything that is drawn over an axis.

    Attributes:
        precision_recall: `recall`, then `<system>_<direction>`: interpolated precision among the
            target classes.
        class_ap: best gain first.
        gates: `gate` (middle of a bin), then `<kind>_<modality>`: share of that kind's rows; no
            rows without a gate.
    """

    precision_recall: Columns
    class_ap: tuple[ClassAp, ...]
    gates: Columns


def make_series(outcome: Outcome, *, threads: int = 1, device: str = "cpu") -> Series:
    """Derive all series from an outcome."""
    return Series(
        precision_recall=_precision_recall(outcome, threads, device),
        class_ap=_class_ap(outcome),
        gates=_gates(outcome),
    )


def write_series(folder: Path, series: Series) -> None:
    """Write one CSV per series into `folder`, rounded as metrics.json is."""
    _write_columns(folder / "precision_recall.csv", series.precision_recall)
    _write_columns(folder / "gates.csv", series.gates)
    _write_rows(
        folder / "class_ap.csv",
        ("class", "kind", "clip", "model", "gain"),
        ((ap.name, ap.kind, ap.clip, ap.model, ap.gain) for ap in series.class_ap),
    )


def read_columns(path: Path) -> Columns:
    """Read a CSV of numbers, such as a training curve; empty cells become NaN.

    Raises:
        UserError: absent, or not a table of numbers.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
        values = [[float(cell) if cell else np.nan for cell in row] for row in rows]
        table = np.array(values, np.float64).reshape(len(rows), len(header))
    except (OSError, ValueError, csv.Error) as error:
        raise UserError(
            f"{path}: cannot be read ({error}); re-run the stage that wrote it"
        ) from None
    return dict(zip(header, table.T, strict=True))


def _precision_recall(outcome: Outcome, threads: int, device: str) -> Columns:
    gallery = outcome.evaluation.galleries["target"]
    return {
        "recall": RECALL_PERCENT / 100,
        **{
            f"{system}_{direction}": precision_recall(
                gallery.task(outcome.systems[system], direction), threads=threads, device=device
            )
            for system in SYSTEMS
            for direction in DIRECTIONS
        },
    }


def _class_ap(outcome: Outcome) -> tuple[ClassAp, ...]:
    by_kind = {kind: _both_systems(outcome, kind) for kind in KINDS}
    rows = []
    for column, (name, is_target) in enumerate(
        zip(outcome.classes, outcome.is_target, strict=True)
    ):
        kind = "target" if is_target else "source"
        clip, model = by_kind[kind][:, column]
        if np.isfinite(clip):
            rows.append(ClassAp(name, kind, float(clip), float(model)))
    return tuple(sorted(rows, key=lambda row: (-row.gain, row.name)))


def _both_systems(outcome: Outcome, kind: str) -> NDArray[np.float64]:
    """(2, C) AP of each class in the gallery of `kind`, mean of both directions."""
    evaluation = outcome.evaluation
    gallery = evaluation.galleries[kind]
    return np.stack(
        [
            np.mean(
                [
                    class_ap(
                        evaluation.scores[system, kind, direction],
                        gallery.labels[gallery.queries[direction]],
                    )
                    for direction in DIRECTIONS
                ],
                axis=0,
            )
            for system in SYSTEMS
        ]
    )


def _gates(outcome: Outcome) -> Columns:
    edges = np.linspace(0, 1, GATE_BINS + 1)
    middles = (edges[:-1] + edges[1:]) / 2
    columns = {"gate": middles if outcome.gates else middles[:0]}
    rows_of_kind = outcome.rows_of_kind
    for modality, kind in product(MODALITIES, KINDS):
        rows = rows_of_kind[kind, modality]
        shares = middles[:0]
        if outcome.gates:
            counts, _ = np.histogram(outcome.gates[modality][rows], edges)
            shares = counts / max(len(rows), 1)
        columns[f"{kind}_{modality}"] = shares
    return columns


def _write_columns(path: Path, columns: Columns) -> None:
    _write_rows(path, tuple(columns), zip(*columns.values(), strict=True))


def _write_rows(
    path: Path, header: tuple[str, ...], rows: Iterable[tuple[str | float, ...]]
) -> None:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        # As Python floats: NumPy's own would be written with their type.
        writer.writerow([cell if isinstance(cell, str) else round(float(cell), 5) for cell in row])
    write_text(path, text.getvalue())
