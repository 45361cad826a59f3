"""Section `clip` of params.yaml."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from xshot.params import Section


def _with_one_gap(template: str) -> str:
    if template.count("{}") != 1:
        raise ValueError("a prompt template holds exactly one {}, where the class's name goes")
    return template


class ClipParams(Section):
    """Which open_clip model encodes, and how."""

    key: ClassVar[str] = "clip"

    weights: str = Field(
        min_length=1,
        description="folder of an open_clip model: open_clip_config.json, weights, tokenizer files",
    )
    precision: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        description="of the towers' arithmetic; auto = what the CPU or GPU is built for"
    )
    batch_size: int = Field(
        ge=1,
        le=65536,
        description="rows per pass on a GPU (on a CPU as many as its caches hold)",
    )
    templates: tuple[Annotated[str, AfterValidator(_with_one_gap)], ...] = Field(
        min_length=1, description="prompts whose mean feature stands for a class"
    )
