"""Weights in half precision that leave a convolution's mean outputs where they were.

Rounding each weight and bias to the nearest half-precision number shifts every output channel by a
constant, all over a picture and alike in every picture, which no later layer averages out. Rounding
a few weights the other way, those that lie between two numbers anyway, takes the shift back. (The
aim of bias correction in Nagel et al., ICCV 2019, met through the weights: the bias is rounded
itself.)
"""

from functools import partial

import torch
from torch import Tensor, nn


@torch.no_grad()
def round_convolutions(tower: nn.Module, pixels: Tensor, dtype: torch.dtype) -> None:
    """Round the weights of a tower's convolutions to what `dtype` holds; they stay float32.

    Args:
        tower: image tower.
        pixels: (B, 3, H, W) pictures that tell what goes into each convolution on average.
        dtype: bfloat16 or float16.
    """
    means: dict[nn.Conv2d, Tensor] = {}
    convolutions = [module for module in tower.modules() if isinstance(module, nn.Conv2d)]
    hooks = [
        module.register_forward_pre_hook(partial(_note_mean, means)) for module in convolutions
    ]
    tower(pixels)
    for hook in hooks:
        hook.remove()
    for module, mean in means.items():
        _round(module, mean, dtype)


def _note_mean(means: dict[nn.Conv2d, Tensor], module: nn.Conv2d, inputs: tuple[Tensor]) -> None:
    means[module] = inputs[0].mean(dim=(0, 2, 3))


def _round(module: nn.Conv2d, mean: Tensor, dtype: torch.dtype) -> None:
    weight = module.weight.flatten(1)  # (O, I * h * w), each output with its own group's inputs
    taps = module.kernel_size[0] * module.kernel_size[1]
    of_group = mean.view(module.groups, 1, -1).repeat_interleave(taps, dim=2)
    inputs = of_group.expand(-1, module.out_channels // module.groups, -1).reshape(weight.shape)

    nearest = weight.to(dtype)
    beyond = torch.where(weight > nearest, torch.inf, -torch.inf).to(dtype)
    second = torch.nextafter(nearest, beyond).float()
    nearest = nearest.float()
    shift = ((nearest - weight) * inputs).sum(dim=1, keepdim=True)
    if module.bias is not None:
        shift += (module.bias.to(dtype) - module.bias)[:, None]

    change = (second - nearest) * inputs
    helps = change * shift < 0
    # Those in the middle between two numbers first, as many as the shift is worth.
    order = ((weight - second).abs() / (weight - nearest).abs()).argsort(dim=1)
    undone = torch.where(helps, change.abs(), 0).gather(1, order).cumsum(dim=1)
    other_way = torch.zeros_like(helps).scatter(1, order, undone <= shift.abs()) & helps
    module.weight.copy_(torch.where(other_way, second, nearest).view_as(module.weight))
