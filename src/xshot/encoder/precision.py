"""Which number format the towers compute in."""

from typing import Literal

from xshot.errors import UserError

Precision = Literal["float32", "bfloat16", "float16"]


def resolve_precision(name: Precision | Literal["auto"], device: str) -> Precision:
    """The format that `name` (`auto` or a format) stands for on `device`.

    `auto` is the same on every processor of a kind, so that figures do not depend on which one it
    was: float32 on a CPU; on a GPU float16, whose 10 bits of fraction leave features eight times
    as exact as bfloat16's 7 (docs/precision.md), and rows that overflow it in float32.

    Raises:
        UserError: float16 on a CPU, where it is slower than float32.
    """
    if name == "float16" and device == "cpu":
        raise UserError("clip.precision: float16 is for GPUs; set it to auto, float32 or bfloat16")
    if name != "auto":
        return name
    return "float32" if device == "cpu" else "float16"
