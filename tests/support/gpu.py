"""What tests marked `gpu` run on: CUDA, or what XSHOT_GPU_DEVICE names.

`XSHOT_GPU_DEVICE=cpu pytest -m gpu` runs their logic on a machine without a GPU.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch

from xshot.compute import resolve_device

_ASKED_FOR = os.environ.get("XSHOT_GPU_DEVICE", "cuda" if torch.cuda.is_available() else "")
DEVICE = resolve_device(_ASKED_FOR) if _ASKED_FOR else ""
NEEDS_GPU = [pytest.mark.gpu, pytest.mark.skipif(not DEVICE, reason="no CUDA device")]


@contextmanager
def noise_of_the_cpu() -> Iterator[None]:
    """Let every device draw the numbers that a CPU generator of the same seed draws.

    Trainings draw noise where they use it, and a GPU's generator gives other numbers than a CPU's.
    """
    generators: dict[torch.Generator, torch.Generator] = {}
    names = ("normal_", "uniform_", "bernoulli_")
    before = {name: getattr(torch.Tensor, name) for name in names}

    def drawing(name: str) -> Any:
        def draw(
            self: torch.Tensor, *bounds: float, generator: torch.Generator, **_: Any
        ) -> torch.Tensor:
            own = generators.get(generator)
            if own is None:
                own = torch.Generator().manual_seed(generator.initial_seed())
                generators[generator] = own
            drawn = torch.empty(self.shape, dtype=self.dtype)
            return self.copy_(before[name](drawn, *bounds, generator=own))

        return draw

    try:
        for name in names:
            setattr(torch.Tensor, name, drawing(name))
        yield
    finally:
        for name, method in before.items():
            setattr(torch.Tensor, name, method)
