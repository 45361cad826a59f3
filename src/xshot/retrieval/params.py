"""The `evaluate` section of params.yaml."""

from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from xshot.params import Section


def _off_or_enough(resamples: int) -> int:
    if 0 < resamples < 100:
        raise ValueError("0 turns intervals off; a 95% interval needs at least 100 resamples")
    return resamples


class EvaluateParams(Section):
    """How `evaluate` states its uncertainty."""

    key: ClassVar[str] = "evaluate"

    bootstrap: Annotated[int, AfterValidator(_off_or_enough)] = Field(
        ge=0, le=100_000, description="resamples of the test pairs for ci95; 0 = no intervals"
    )
