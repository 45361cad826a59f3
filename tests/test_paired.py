"""A paired layer is one of torch's own layers per modality."""

import torch
from torch import nn

from xshot.paired import IMAGE, TEXT, PairedLinear


def test_paired_linear_is_one_linear_layer_per_modality():
    generator = torch.Generator().manual_seed(0)
    pair = PairedLinear(3, 5, generator)
    inputs = torch.randn(2, 4, 3, generator=generator)
    for place, modality in enumerate((IMAGE, TEXT)):
        linear = nn.Linear(3, 5)
        linear.weight.data = pair.weight[place].T
        linear.bias.data = pair.bias[place, 0]
        expected = linear(inputs[place])
        assert torch.allclose(pair(inputs)[place], expected, atol=1e-6)
        assert torch.allclose(pair(inputs[modality], modality)[0], expected, atol=1e-6)
