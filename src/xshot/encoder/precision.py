"""Which number format the towers compute in."""

from typing import Literal

from xshot.errors import UserError

Precision = Literal["float32", "bfloat16", "float16"]


def resolve_precision(name: Precision | Literal["auto"], device: str) -> Precision:
    """The format that `name` (`auto` or a format) stands for on `device`.

    `auto` asks what the hardware is built for, never how fast something ran: bfloat16 on a CPU
    with instructions for it; bfloat16, else float16, on a GPU.

    Raises:
        UserError: float16 on a CPU, where it overflows in some models and is slower than float32.
    """
    if name == "float16" and device == "cpu":
        raise UserError("clip.precision: float16 is for GPUs; set it to auto or bfloat16")
    if name != "auto":
        return name

    import torch

    if device == "cpu":
        can = torch.cpu.get_capabilities()
        return "bfloat16" if can.get("avx512_bf16") or can.get("amx_bf16") else "float32"
    return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"
