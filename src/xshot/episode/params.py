"""The `episode` section of params.yaml."""

from typing import ClassVar, Literal

from pydantic import Field

from xshot.params import Section

TrainOn = Literal["train", "all"]
"""Which rows training sees: those of split train, or the test rows as well."""


Support = Literal["drawn", "suggested"]
"""How the K pictures of a target class are found: at random, or by asking about suggestions."""


class EpisodeParams(Section):
    """How an episode and the pseudo-episodes nested in it are drawn."""

    key: ClassVar[str] = "episode"

    target: Literal["drawn", "few", "every_second"] | tuple[str, ...] = Field(
        default="drawn",
        description="which classes are target: drawn, those with few training pictures, every "
        "second one in the data set's order, or a list of names",
    )
    target_fraction: float = Field(
        default=0.5,
        gt=0,
        lt=1,
        description="share of the classes that are target if drawn (at least 2 on either side)",
    )
    few: int = Field(
        default=10,
        ge=0,
        description="training pictures that a target class has at most if `target` is few",
    )
    min_per_class: int = Field(
        default=0,
        ge=0,
        description="drop classes (source classes only, unless targets are drawn) with fewer "
        "training pictures than this or no test row; 0 = such a class is an error",
    )
    support: Support = Field(
        default="drawn",
        description="the K pictures of a target class: drawn, or those that are confirmed first "
        "when an annotator is asked about suggestions (docs/suggest.md)",
    )
    train_on: TrainOn = Field(
        default="train",
        description="all: the test rows are trained on, too, for a model to use and not to measure",
    )
    pseudo_draws: int = Field(
        default=2,
        ge=2,
        le=20,
        description="pseudo-episodes that settings are chosen on; more where classes are few",
    )
    pseudo_fraction: float = Field(
        default=0.5,
        gt=0,
        lt=1,
        description="share of the source classes that play target in a pseudo-episode",
    )
