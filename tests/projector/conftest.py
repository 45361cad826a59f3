import pytest
import torch


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(7)


@pytest.fixture
def unit(generator):
    """Draws unit-norm rows."""

    def draw(*shape, dtype=torch.float64):
        rows = torch.randn(*shape, dtype=dtype, generator=generator)
        return torch.nn.functional.normalize(rows, dim=-1)

    return draw
