"""The `gmm` section of params.yaml."""

from typing import ClassVar

from pydantic import Field

from xshot.params import Section


class GmmParams(Section):
    """Size and regularisation of the Gaussian mixtures."""

    key: ClassVar[str] = "gmm"

    dimensions: int = Field(
        default=8, ge=1, le=4096, description="principal components that a mixture is fitted in"
    )
    max_components: int = Field(
        default=32,
        ge=1,
        le=1024,
        description="1, 2, 4, ... up to this many components are tried; BIC chooses",
    )
    min_members: int = Field(
        default=5,
        ge=2,
        le=100_000,
        description="rows that every component must hold, as a sum of responsibilities",
    )
    shrinkage: float = Field(
        default=20,
        ge=0,
        le=1_000_000_000,
        description="rows' worth of pooled variance mixed into each component's variance",
    )
