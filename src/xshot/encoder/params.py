"""Section `clip` of params.yaml."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from xshot.params import Section


def _with_one_gap(template: str) -> str:
    if template.count("{}") != 1:
        raise ValueError("a prompt template holds exactly one {}, where the class's name goes")
    return template


_Templates = Annotated[
    tuple[Annotated[str, AfterValidator(_with_one_gap)], ...], Field(min_length=1)
]


class ClipParams(Section):
    """Which open_clip model encodes, and how."""

    key: ClassVar[str] = "clip"

    weights: str = Field(
        default="models/encoders/openmoji-lite",
        min_length=1,
        description="folder of an open_clip model: open_clip_config.json, weights, tokenizer "
        "files; or a file of weights",
    )
    architecture: str | None = Field(
        default=None,
        min_length=1,
        description="open_clip's name of the model that a file of weights fits; null for a folder",
    )
    precision: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        default="auto",
        description="of the towers' arithmetic; auto = float32 on a CPU, float16 on a GPU",
    )
    batch_size: int = Field(
        default=64,
        ge=1,
        le=65536,
        description="rows per pass on a GPU (on a CPU as many as its caches hold)",
    )
    engine: Literal["local", "ray"] = Field(
        default="local",
        description="where to encode: this machine, or the Ray cluster of RAY_ADDRESS",
    )
    long_texts: Literal["split", "truncate"] = Field(
        default="split",
        description="a text longer than the context: the mean of its sentences, or cut off",
    )
    templates: Literal["auto"] | _Templates = Field(
        default="auto",
        description="prompts whose mean feature stands for a class; auto = the data set's own",
    )
