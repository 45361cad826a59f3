import pytest
import torch

from xshot.projector.params import ProjectorParams


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


@pytest.fixture
def params():
    return ProjectorParams(
        hidden=16,
        dropout=0.2,
        gate_bias=-2.0,
        lr=1e-2,
        weight_decay=0.01,
        batch_size=16,
        classification=1.0,
        class_temperature=0.125,
        contrast=1.0,
        contrast_within=0.5,
        contrast_temperature=0.2,
        distances=1.0,
    )
