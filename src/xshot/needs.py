"""Which parts the chosen model is trained with: what the stages before `train_projector` wait for.

A file of its own beside selection.json, so that a choice that differs in anything else re-runs none
of them.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from xshot.store.atomic import write_text
from xshot.store.json_tree import json_tree
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
    with json_tree(path, remedy="run `dvc repro select`") as tree:
        return Needs(**tree)
