"""Rounding keeps what convolutions put out on average, and moves no weight by more than it must."""

import copy

import pytest
import torch
from torch import nn

from xshot.encoder.rounding import round_convolutions

CONVOLUTIONS = [
    nn.Conv2d(32, 16, 1),
    nn.Conv2d(32, 16, 3, bias=False),
    nn.Conv2d(32, 32, 5, groups=32),
    nn.Conv2d(32, 16, 3, groups=2),
]


def tower(layer):
    torch.manual_seed(0)
    layer = copy.deepcopy(layer)
    layer.reset_parameters()
    return nn.Sequential(layer)


def inputs():
    """Soft positive maps, as they come out of a rectifier, with other means in other channels."""
    generator = torch.Generator().manual_seed(1)
    means = torch.rand((2, 32, 1, 1), generator=generator)
    return means + 0.1 * torch.rand((2, 32, 9, 9), generator=generator)


@torch.no_grad()
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("layer", CONVOLUTIONS, ids=["1x1", "3x3", "depthwise", "grouped"])
def test_mean_outputs_shift_less_than_by_rounding_to_nearest(layer, dtype):
    x = inputs()
    exact, careful, nearest = (tower(layer) for _ in range(3))
    round_convolutions(careful, x, dtype)
    nearest.to(dtype).float()
    careful.to(dtype).float()  # the bias is rounded here, as the tower's cast will
    expected = exact(x).mean(dim=(0, 2, 3))
    shift = [(net(x).mean(dim=(0, 2, 3)) - expected).norm() for net in (careful, nearest)]
    assert shift[0] < 0.6 * shift[1]


@torch.no_grad()
@pytest.mark.parametrize("layer", CONVOLUTIONS)
def test_each_weight_becomes_one_of_its_two_neighbours(layer):
    exact, careful = tower(layer), tower(layer)
    round_convolutions(careful, inputs(), torch.bfloat16)
    weight, rounded = exact[0].weight, careful[0].weight
    assert torch.equal(rounded, rounded.bfloat16().float())
    step = 2.0 ** (torch.floor(torch.log2(weight.abs())) - 7)  # 8 significant bits
    assert ((rounded - weight).abs() <= step).all()


@torch.no_grad()
def test_weights_that_need_no_rounding_stay():
    net = tower(nn.Conv2d(32, 16, 3)).bfloat16().float()
    before = net[0].weight.clone()
    round_convolutions(net, inputs(), torch.bfloat16)
    assert torch.equal(net[0].weight, before)
