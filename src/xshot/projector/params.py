"""The `projector` section of params.yaml."""

from typing import Annotated, ClassVar

from pydantic import Field

from xshot.params import Section

# Products of the largest weights, rates and widths stay far below what float32 holds.
_Weight = Annotated[float, Field(ge=0, le=10_000)]
_Factor = Annotated[float, Field(ge=0.001, le=1000)]


class ProjectorParams(Section):
    """Network, optimiser and loss terms of the projection. A term of weight 0 is not computed."""

    key: ClassVar[str] = "projector"

    hidden: int = Field(default=256, gt=0, le=8192, description="width of the hidden layer of P")
    dropout: float = Field(
        default=0.3, ge=0, le=0.99, description="share of hidden units dropped in training"
    )
    gate_bias: float = Field(
        default=-2,
        ge=-100,
        le=100,
        description="logit at which the gate starts; -2 keeps 88% of CLIP",
    )
    lr: float = Field(
        default=0.001,
        ge=1e-8,
        le=1,
        description="AdamW's learning rate at the start; cosine decay to 0",
    )
    weight_decay: float = Field(default=0.01, ge=0, le=1, description="AdamW's weight decay")
    batch_size: int = Field(
        default=96, ge=4, le=4096, description="pairs per step: half source, half target"
    )
    classification: _Weight = Field(default=1, description="weight of the classification term")
    class_temperature: _Factor = Field(
        default=0.0625, description="cosines are divided by it there"
    )
    contrast: _Weight = Field(default=1, description="weight of the contrast across modalities")
    contrast_within: _Weight = Field(
        default=0.5, description="weight of the contrast within a modality"
    )
    contrast_temperature: _Factor = Field(
        default=0.2, description="cosines are divided by it there"
    )
    distances: _Weight = Field(default=1, description="weight of relative distance preservation")
    coordinates: _Weight = Field(
        default=5, description="weight of the class-posterior coordinates; 0 = none"
    )
    prompt_weight: float = Field(
        default=2,
        ge=0.001,
        le=10_000,
        description="coordinates: pictures that what a name predicts is worth among the members",
    )
    shrinkage: float = Field(
        default=0.8,
        ge=0.001,
        le=1,
        description="coordinates: isotropic share of the within-class covariance",
    )
    sharpness: _Factor = Field(
        default=40, description="coordinates: factor of the cosines in the members' kernel"
    )
