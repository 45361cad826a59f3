"""Which parts the chosen model is trained with: what the stages before `train_projector` wait for.

A file of its own beside selection.json, so that a choice that differs in anything else re-runs none
of them.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from xshot.errors import UserError
from xshot.reading import explain, read_file
from xshot.store.atomic import write_text
from xshot.variants import Variant


@dataclass(frozen=True)
class Needs:
    """Whether a mixture is to be fitted, and a generator to be trained."""

    mixture: bool
    generation: bool


def write_needs(path: Path, parts: Variant) -> None:
    """Write `needs.json`, atomically.

    Args:
        path: the file.
        parts: of the chosen model.
    """
    needs = Needs(mixture=parts.mixture, generation=parts.generation)
    write_text(path, json.dumps(asdict(needs), indent=2) + "\n")


def read_needs(path: Path) -> Needs:
    """Read `needs.json`.

    Raises:
        UserError: absent or damaged.
    """
    try:
        return Needs(**json.loads(read_file(path)))
    except FileNotFoundError:
        raise UserError(f"{path}: not found; run `dvc repro select`") from None
    except OSError as error:
        raise UserError(f"{path}: {explain(error, 're-run `dvc repro select`')}") from None
    except (ValueError, TypeError) as error:
        raise UserError(f"{path}: damaged ({error}); re-run `dvc repro select`") from None
