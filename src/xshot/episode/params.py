"""The `episode` section of params.yaml."""

from typing import ClassVar

from pydantic import Field

from xshot.params import Section


class EpisodeParams(Section):
    """How an episode and the pseudo-episodes nested in it are drawn."""

    key: ClassVar[str] = "episode"

    target_fraction: float = Field(
        gt=0, lt=1, description="share of the classes that are target (at least 2 on either side)"
    )
    min_per_class: int = Field(
        ge=0,
        description="drop classes with fewer training rows than this or no test row; "
        "0 = such a class is an error",
    )
    pseudo_draws: int = Field(
        ge=2, le=20, description="pseudo-episodes that settings are chosen on"
    )
    pseudo_fraction: float = Field(
        gt=0, lt=1, description="share of the source classes that play target in a pseudo-episode"
    )
