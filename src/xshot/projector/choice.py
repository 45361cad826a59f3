"""What `select` chooses, and the file that hands it to the stages behind it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from xshot.store.atomic import write_text
from xshot.store.json_tree import json_tree
from xshot.variants import Variant

SCHEMA_VERSION = 4


@dataclass(frozen=True)
class Choice:
    """One member of a variant's family, and what was fitted for it.

    Attributes:
        steps: training steps of the projector; 0 = no projection.
        calibration: taken off the source classes' logits, beyond what is most likely.
        weights: of the evidence for classes, by modality and kind, with `calibration` in them;
            None without coordinates, and in a member that is yet to be tried.
        centring: share of the mean feature that is taken off where nothing is projected.
        gate: factor of the trained gates, each of which stays at most 1.
        generation: train with pseudo features, if the variant generates any.
        evidence: of the coordinates, where it is another than the variant's own.
        joined: the coordinates join the embedding. If not, they are only kept: classes can be
            added and posteriors asked for.
    """

    steps: int
    calibration: float
    weights: dict[str, dict[str, float]] | None = None
    centring: float = 1.0
    gate: float = 1.0
    generation: bool = True
    evidence: Literal["posterior", "tip"] | None = None
    joined: bool = True

    def parts_of(self, variant: Variant) -> Variant:
        """The parts of `variant` that this member has."""
        projector = variant.projector and self.steps > 0
        generation = variant.generation and self.generation and projector
        return replace(
            variant,
            projector=projector,
            generation=generation,
            adversarial=variant.adversarial and generation,
            composition=variant.composition and generation,
            mixture=variant.mixture and projector,
            coordinates=self.evidence or variant.coordinates,
        )


@dataclass(frozen=True)
class Trial:
    """A member that was tried on pseudo-episodes.

    Attributes:
        choice: the member, with its weights.
        maps: mAP by gallery, mean over directions and pseudo-episodes.
        behind: by how much the mean of the four is below that of the best member.
        error: standard error of `behind`, over classes.
    """

    choice: Choice
    maps: Mapping[str, float]
    behind: float
    error: float


@dataclass(frozen=True)
class Selection:
    """What was chosen, what else was tried, and what there is to say of it.

    Attributes:
        choice: the member to train.
        trials: all members in order of simplicity; empty where there was nothing to choose.
        notes: sentences for the reader, such as that there were too few classes to tell.
    """

    choice: Choice
    trials: tuple[Trial, ...] = ()
    notes: tuple[str, ...] = ()


def write_selection(path: Path, selection: Selection) -> None:
    """Write `selection.json`, atomically."""
    tree = {
        "schema_version": SCHEMA_VERSION,
        "choice": asdict(selection.choice),
        "notes": selection.notes,
        "trials": [_written(trial) for trial in selection.trials],
    }
    write_text(path, json.dumps(tree, indent=2) + "\n")


def read_selection(path: Path) -> Selection:
    """Read `selection.json`.

    Raises:
        UserError: absent, damaged or of another schema.
    """
    with json_tree(path, remedy="run `dvc repro select`") as tree:
        if tree["schema_version"] != SCHEMA_VERSION:
            raise ValueError(f"schema version {tree['schema_version']}")
        return Selection(
            Choice(**tree["choice"]),
            tuple(
                Trial(Choice(**trial["choice"]), trial["maps"], trial["behind"], trial["error"])
                for trial in tree["trials"]
            ),
            tuple(tree["notes"]),
        )


def read_choice(path: Path) -> Choice:
    """The choice in `selection.json`; raises as `read_selection`."""
    return read_selection(path).choice


def _written(trial: Trial) -> dict[str, Any]:
    # The weights of what was not chosen would be most of the file.
    return asdict(replace(trial, choice=replace(trial.choice, weights=None)))
