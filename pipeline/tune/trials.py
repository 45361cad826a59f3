"""The study's log, results/tune.csv: one trial per row. It is all that a resumed study needs."""

import csv
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from xshot.errors import UserError
from xshot.params import read_checked
from xshot.store.atomic import write_text
from xshot.variants import known_variant

PARAMS = Path("pipeline/tune/params.yaml")
LOG = Path("results/tune.csv")

Value = int | float
VariantName = Annotated[str, AfterValidator(known_variant)]
Values = Annotated[tuple[Value, ...], Field(min_length=2)]


class TuneParams(BaseModel):
    """pipeline/tune/params.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seeds: Annotated[tuple[int, ...], Field(min_length=1)]
    shots: Annotated[tuple[int, ...], Field(min_length=1)]
    variants: Annotated[tuple[VariantName, ...], Field(min_length=1)]
    trials: int = Field(gt=0)
    study_seed: int
    space: dict[str, Values]
    starts: tuple[dict[str, Value], ...]


class Trial(NamedTuple):
    """Values of the searched params, and the criterion: the mean over variants, seeds and shots."""

    values: dict[str, Value]
    criterion: float


def read_tune_params(path: Path = PARAMS) -> TuneParams:
    """What to search, and on which episodes.

    Raises:
        UserError: a key is unknown, missing or of the wrong type.
    """
    return read_checked(path, TuneParams)


def write_trials(path: Path, trials: Sequence[Trial]) -> None:
    """Write a CSV: the trial's number, the criterion, a column per searched param."""
    table = StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["trial", "criterion", *trials[0].values])
    for number, trial in enumerate(trials):
        writer.writerow([number, trial.criterion, *trial.values.values()])
    write_text(path, table.getvalue())


def read_trials(path: Path, space: dict[str, tuple[Value, ...]]) -> list[Trial]:
    """Read what `write_trials` wrote; nothing where there is no log yet.

    Raises:
        UserError: the log is of another search.
    """
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    trials = []
    for row in rows:
        values = {key: _listed(row.get(key), allowed) for key, allowed in space.items()}
        if None in values.values() or len(row) != len(space) + 2:
            raise UserError(f"{path}: of another search than {PARAMS}; move it away and start anew")
        trials.append(Trial(values, float(row["criterion"])))
    return trials


def best(trials: Sequence[Trial]) -> Trial:
    """The trial with the highest criterion; of equals, the first."""
    return max(trials, key=lambda trial: trial.criterion)


def _listed(text: str | None, allowed: tuple[Value, ...]) -> Any:
    return next((value for value in allowed if str(value) == text), None)
