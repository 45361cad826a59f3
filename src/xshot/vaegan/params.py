"""The `vaegan` and `synthesize` sections of params.yaml."""

from typing import ClassVar, Literal

from pydantic import Field

from xshot.params import Section


class VaeganParams(Section):
    """Networks, optimisers and loss terms of the VAE-GAN. A term of weight 0 is not computed."""

    key: ClassVar[str] = "vaegan"

    init: Literal["ppca", "random"] = Field(
        description="ppca = class mean + residual, started from principal components of the source "
        "residuals; random = plain conditional networks from scratch"
    )
    prompt_weight: float = Field(
        gt=0, description="support rows that a class's name is worth in its mean"
    )
    latent_dim: int = Field(gt=0, description="length of z, shared by both modalities")
    hidden: int = Field(gt=0, description="width of the hidden layer of every network")
    steps: int = Field(ge=0, description="generator steps")
    batch_size: int = Field(gt=0, description="pairs per step")
    lr_generator: float = Field(gt=0, description="Adam's learning rate, encoders and generators")
    lr_critic: float = Field(gt=0, description="Adam's learning rate, critics")
    critic_steps: int = Field(gt=0, description="critic steps per generator step")
    gradient_penalty: float = Field(ge=0, description="weight of the penalty in the critics' loss")
    adversarial_weight: float = Field(
        ge=0, description="weight of the critics in the generators' loss; 0 = no critics"
    )
    kl_weight: float = Field(ge=0, description="weight (beta) of the KL divergence")
    composition_weight: float = Field(
        ge=0, description="weight of reconstructing one modality from the other's latent"
    )
    condition_noise: float = Field(
        ge=0,
        description="standard deviation of the noise on class embeddings in training, in units "
        "of their root mean square",
    )


class SynthesizeParams(Section):
    """How many pseudo pairs, and of which classes."""

    key: ClassVar[str] = "synthesize"

    pairs_per_class: int = Field(ge=0, description="pseudo pairs of each class; 0 = none")
    source_below: int = Field(
        ge=0, description="source classes with fewer training rows get them too; 0 = target only"
    )
