"""The `select` section of params.yaml."""

from itertools import product
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from xshot.params import Section
from xshot.projector.choice import Choice
from xshot.variants import Variant

MAX_STEPS = 3000
MAX_CALIBRATIONS = 12


class SelectParams(Section):
    """The members of a variant's family that `select` tries, from raw CLIP to all of its parts."""

    key: ClassVar[str] = "select"

    steps: tuple[Annotated[int, Field(gt=0, le=100_000)], ...] = Field(
        default=(100, 200), min_length=1, description="training steps of the projector"
    )
    gate: tuple[Annotated[float, Field(ge=0, le=1000)], ...] = Field(
        default=(0.25, 0.5, 1),
        min_length=1,
        max_length=MAX_CALIBRATIONS,
        description="factors of the trained gates, each of which stays at most 1; "
        "tried where no coordinates join",
    )
    centring: tuple[Annotated[float, Field(ge=0, le=1)], ...] = Field(
        default=(0, 0.5, 1),
        min_length=1,
        max_length=MAX_CALIBRATIONS,
        description="shares of the mean that are taken off where nothing is projected; 0 = raw",
    )
    calibration: tuple[Annotated[float, Field(ge=-100, le=100)], ...] = Field(
        default=(0, 0.5, 1),
        min_length=1,
        max_length=MAX_CALIBRATIONS,
        description="coordinates: taken off the source classes' logits, beyond what is most likely",
    )

    @model_validator(mode="after")
    def _not_too_long(self) -> Self:
        steps = sum(self.steps)
        # Every length is trained anew: a budget that costs the same on every machine.
        if len(self.steps) > 1 and steps > MAX_STEPS:
            raise ValueError(f"the lengths add up to {steps} steps, more than {MAX_STEPS}")
        return self

    def members_of(self, variant: Variant) -> tuple[Choice, ...]:
        """The members of a variant's family; the first calibration stands for all.

        An adaptive variant may leave parts out, but never has one that its row lacks. The others
        have all their parts and differ in training length alone.
        """
        joined = variant.coordinates != "none"
        lengths = self.steps if variant.projector else (0,)
        if variant.objective == "clip_adapter":  # of a length of its own
            lengths = self.steps[:1]
        if not variant.adaptive:
            return tuple(Choice(steps, self._first(variant), joined=joined) for steps in lengths)
        generations = (False, True) if variant.generation else (False,)
        gates = self.gate if variant.gate else (1.0,)
        members = [Choice(0, 0.0, centring=c, joined=False) for c in self.centring]
        members += [
            Choice(steps, 0.0, gate=gate, generation=generation, joined=False)
            for generation, steps, gate in product(generations, lengths, gates)
        ]
        if joined:
            first = self._first(variant)
            members += [Choice(0, first, evidence=own) for own in ("tip", "posterior")]
            members += [
                Choice(steps, first, generation=generation)
                for generation, steps in product(generations, lengths)
            ]
        return tuple(members)

    def _first(self, variant: Variant) -> float:
        return 0.0 if variant.coordinates == "none" else self.calibration[0]
