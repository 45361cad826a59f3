"""The `projector` section of params.yaml."""

from typing import ClassVar

from pydantic import Field

from xshot.params import Section


class ProjectorParams(Section):
    """Network, optimiser and loss terms of the projection. A term of weight 0 is not computed."""

    key: ClassVar[str] = "projector"

    hidden: int = Field(gt=0, description="width of the hidden layer of P")
    dropout: float = Field(ge=0, lt=1, description="share of hidden units dropped in training")
    gate_bias: float = Field(description="logit at which the gate starts; -2 keeps 88% of CLIP")
    lr: float = Field(gt=0, description="AdamW's learning rate at the start; cosine decay to 0")
    weight_decay: float = Field(ge=0, description="AdamW's weight decay")
    batch_size: int = Field(ge=4, description="pairs per step: half source, half target")
    classification: float = Field(ge=0, description="weight of the classification term")
    class_temperature: float = Field(gt=0, description="cosines are divided by it there")
    contrast: float = Field(ge=0, description="weight of the contrast across modalities")
    contrast_within: float = Field(ge=0, description="weight of the contrast within a modality")
    contrast_temperature: float = Field(gt=0, description="cosines are divided by it there")
    distances: float = Field(ge=0, description="weight of relative distance preservation")
    coordinates: float = Field(
        ge=0, description="weight of the class-posterior coordinates; 0 = none"
    )
    prompt_weight: float = Field(
        gt=0, description="coordinates: rows that what a name predicts is worth among the members"
    )
    shrinkage: float = Field(
        gt=0, le=1, description="coordinates: isotropic share of the within-class covariance"
    )
    sharpness: float = Field(
        gt=0, description="coordinates: factor of the cosines in the members' kernel"
    )
