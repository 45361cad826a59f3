"""The `select` section of params.yaml."""

from itertools import product
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from xshot.params import Section
from xshot.projector.choice import Choice
from xshot.variants import Variant

MAX_CELLS = 24


class SelectParams(Section):
    """The grid that `select` chooses from: a list per setting, at most 24 cells in all."""

    key: ClassVar[str] = "select"

    steps: tuple[Annotated[int, Field(gt=0, le=100_000)], ...] = Field(
        min_length=1, description="training steps of the projector"
    )
    calibration: tuple[Annotated[float, Field(ge=-100, le=100)], ...] = Field(
        min_length=1,
        description="coordinates: taken off the source classes' logits, beyond what is most likely",
    )

    @model_validator(mode="after")
    def _not_too_many(self) -> Self:
        cells = len(self.steps) * len(self.calibration)
        if cells > MAX_CELLS:
            raise ValueError(f"the grid has {cells} cells, more than {MAX_CELLS}")
        return self

    def cells_for(self, variant: Variant) -> tuple[Choice, ...]:
        """The cells that differ for `variant`: one value of each setting that it does not use.

        The last setting varies fastest.
        """
        steps = self.steps if variant.projector else (0,)
        calibration = (0.0,) if variant.coordinates == "none" else self.calibration
        return tuple(Choice(*cell) for cell in product(steps, calibration))
