"""The `evaluate` section of params.yaml."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from xshot.params import Section


def _off_or_enough(resamples: int) -> int:
    if 0 < resamples < 100:
        raise ValueError("0 turns intervals off; a 95% interval needs at least 100 resamples")
    return resamples


# The schema says what the validator allows, for README's table.
_Resamples = Annotated[
    int,
    Field(ge=0, le=100_000),
    AfterValidator(_off_or_enough),
    WithJsonSchema(
        {"anyOf": [{"enum": [0]}, {"type": "integer", "minimum": 100, "maximum": 100_000}]}
    ),
]


class EvaluateParams(Section):
    """How `evaluate` states its uncertainty."""

    key: ClassVar[str] = "evaluate"

    gallery: Literal["test", "train"] = Field(
        default="test",
        description="what answers the test rows' queries: the test rows, or the training rows that "
        "nobody learned from (of source classes all)",
    )
    bootstrap: _Resamples = Field(
        default=1000, description="resamples of the test pictures for ci95; 0 = no intervals"
    )
