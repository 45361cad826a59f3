"""What the figures were measured on."""

import os
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch

from benchmarks.gpu_parts.sizes import Sizes

_LIBRARIES = ("torch", "torchvision", "open_clip_torch", "timm", "transformers", "numpy", "pillow")


def findings(sizes: Sizes) -> Iterator[tuple[str, Any]]:
    """The card, the driver's view of it, the CPU beside it and the libraries."""
    yield "python", platform.python_version()
    yield "libraries", {name: _version(name) for name in _LIBRARIES}
    yield "cpu_cores", os.cpu_count()
    yield "cpu_instructions", torch.backends.cpu.get_cpu_capability()
    yield "device", sizes.device
    if sizes.device != "cpu":
        card = torch.cuda.get_device_properties(sizes.device)
        yield "card", card.name
        yield "memory_gib", round(card.total_memory / 2**30, 1)
        yield "multiprocessors", card.multi_processor_count
        yield "cuda", torch.version.cuda
        yield "cudnn", torch.backends.cudnn.version()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
