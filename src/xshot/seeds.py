"""Independent random streams: one per stage, all derived from the episode's seed."""

import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def _sequence(seed: int, stream: str) -> np.random.SeedSequence:
    return np.random.SeedSequence(seed, spawn_key=(zlib.crc32(stream.encode()),))


def numpy_stream(seed: int, stream: str) -> np.random.Generator:
    """NumPy generator of the stream named `stream`; other names give independent streams."""
    return np.random.default_rng(_sequence(seed, stream))


def torch_stream(seed: int, stream: str) -> "torch.Generator":
    """Torch CPU generator of the stream named `stream`."""
    import torch

    state = _sequence(seed, stream).generate_state(1, np.uint64)[0]
    # torch takes seeds below 2**63
    return torch.Generator().manual_seed(int(state >> np.uint64(1)))
