"""The `vaegan` and `synthesize` sections of params.yaml."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from xshot.params import Section

MAX_DRAWS = 100_000_000
"""Pairs that a training may draw in all: their places are drawn at once, 32 bytes each."""

# Products of the largest weights, rates and widths stay far below what float32 holds.
_Weight = Annotated[float, Field(ge=0, le=10_000)]
_LearningRate = Annotated[float, Field(ge=1e-8, le=1)]


class VaeganParams(Section):
    """Networks, optimisers and loss terms of the VAE-GAN. A term of weight 0 is not computed."""

    key: ClassVar[str] = "vaegan"

    init: Literal["ppca", "random"] = Field(
        default="ppca",
        description="ppca = class mean + residual, started from principal components of the source "
        "residuals; random = plain conditional networks from scratch",
    )
    prompt_weight: float = Field(
        default=10,
        ge=0.001,
        le=10_000,
        description="support pictures that a class's name is worth in its mean",
    )
    latent_dim: int = Field(
        default=64, gt=0, le=4096, description="length of z, shared by both modalities"
    )
    hidden: int = Field(
        default=256, gt=0, le=8192, description="width of the hidden layer of every network"
    )
    steps: int = Field(default=150, ge=0, le=100_000, description="generator steps")
    batch_size: int = Field(default=64, gt=0, le=4096, description="pairs per step")
    lr_generator: _LearningRate = Field(
        default=0.0003, description="Adam's learning rate, encoders and generators"
    )
    lr_critic: _LearningRate = Field(default=0.001, description="Adam's learning rate, critics")
    critic_steps: int = Field(
        default=2, gt=0, le=100, description="critic steps per generator step"
    )
    gradient_penalty: _Weight = Field(
        default=10, description="weight of the penalty in the critics' loss"
    )
    adversarial_weight: _Weight = Field(
        default=0.02, description="weight of the critics in the generators' loss; 0 = no critics"
    )
    kl_weight: _Weight = Field(default=1, description="weight (beta) of the KL divergence")
    composition_weight: _Weight = Field(
        default=0.3, description="weight of reconstructing one modality from the other's latent"
    )
    condition_noise: float = Field(
        default=0.5,
        ge=0,
        le=100,
        description="standard deviation of the noise on class embeddings in training, in units "
        "of their root mean square",
    )

    @field_validator("critic_steps")
    @classmethod
    def _not_too_many_draws(cls, critic_steps: int, others: ValidationInfo) -> int:
        steps, batch_size = others.data.get("steps", 0), others.data.get("batch_size", 0)
        draws = steps * (critic_steps + 1) * batch_size
        if draws > MAX_DRAWS:
            raise ValueError(
                f"{steps} steps of {critic_steps} + 1 batches of {batch_size} pairs are more than "
                f"{MAX_DRAWS} draws; lower vaegan.steps, vaegan.batch_size or vaegan.critic_steps"
            )
        return critic_steps


class SynthesizeParams(Section):
    """How many pseudo pairs, and of which classes."""

    key: ClassVar[str] = "synthesize"

    pairs_per_class: int = Field(
        default=40, ge=0, le=5000, description="pseudo pairs of each class; 0 = none"
    )
    source_below: int = Field(
        default=0,
        ge=0,
        le=100_000,
        description="source classes with fewer training pictures get them too; 0 = target only",
    )
