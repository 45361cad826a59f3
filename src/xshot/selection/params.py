"""The `select` section of params.yaml."""

from itertools import product
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from xshot.params import Section
from xshot.projector.choice import Choice
from xshot.variants import Variant

MAX_CELLS = 24


class SelectParams(Section):
    """The grid that `select` chooses from: a list per setting, at most 24 cells in all."""

    key: ClassVar[str] = "select"

    steps: tuple[int, ...] = Field(min_length=1, description="training steps of the projector")
    metric: tuple[Literal["cosine", "lda"], ...] = Field(
        min_length=1, description="coordinates: plain cosines, or whitened within classes"
    )
    temperature: tuple[float, ...] = Field(
        min_length=1, description="coordinates: factor of the cosines before the softmax"
    )
    calibration: tuple[float, ...] = Field(
        min_length=1, description="coordinates: taken off the source classes' logits"
    )

    @model_validator(mode="after")
    def _not_too_many(self) -> Self:
        if len(self.cells) > MAX_CELLS:
            raise ValueError(f"the grid has {len(self.cells)} cells, more than {MAX_CELLS}")
        return self

    def cells_for(self, variant: Variant) -> tuple[Choice, ...]:
        """The cells that differ for `variant`: one value of each setting that it does not use."""
        cells = self.cells
        if not variant.projector:
            cells = tuple(cell for cell in cells if cell.steps == self.steps[0])
        if variant.coordinates == "none":
            first = (self.metric[0], self.temperature[0], self.calibration[0])
            cells = tuple(
                cell for cell in cells if (cell.metric, cell.temperature, cell.calibration) == first
            )
        return cells

    @property
    def cells(self) -> tuple[Choice, ...]:
        """All combinations, the last setting varying fastest."""
        grid = product(self.steps, self.metric, self.temperature, self.calibration)
        return tuple(Choice(*cell) for cell in grid)
