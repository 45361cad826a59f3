"""What `select` chooses, and the file that hands it to `train_projector`."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from xshot.errors import UserError
from xshot.reading import explain, read_file
from xshot.store.atomic import write_text

SCHEMA_VERSION = 2


@dataclass(frozen=True)
class Choice:
    """One cell of the grid, and what was fitted for it.

    Attributes:
        steps: training steps of the projector.
        calibration: taken off the source classes' logits, beyond what is most likely.
        weights: of the evidence for classes, by modality and kind, with `calibration` in them;
            None without coordinates, and in a cell that is yet to be tried.
    """

    steps: int
    calibration: float
    weights: dict[str, dict[str, float]] | None = None


@dataclass(frozen=True)
class Trial:
    """A cell of the grid and its criterion, averaged over pseudo-episodes."""

    choice: Choice
    criterion: float


def write_choice(path: Path, choice: Choice, trials: tuple[Trial, ...]) -> None:
    """Write `selection.json`: the choice and what it was chosen from, atomically."""
    tree = {
        "schema_version": SCHEMA_VERSION,
        "choice": asdict(choice),
        "trials": [asdict(trial) for trial in trials],
    }
    write_text(path, json.dumps(tree, indent=2) + "\n")


def read_choice(path: Path) -> Choice:
    """Read the choice out of `selection.json`.

    Raises:
        UserError: absent, damaged or of another schema.
    """
    try:
        tree = json.loads(read_file(path))
        if tree["schema_version"] != SCHEMA_VERSION:
            raise ValueError(f"schema version {tree['schema_version']}")
        return Choice(**tree["choice"])
    except FileNotFoundError:
        raise UserError(f"{path}: not found; run `dvc repro select`") from None
    except OSError as error:
        raise UserError(f"{path}: {explain(error, 're-run `dvc repro select`')}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path}: damaged ({error}); re-run `dvc repro select`") from None
