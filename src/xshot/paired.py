"""Layers of both modalities side by side; the first axis is the modality: image, text."""

import torch
from torch import Tensor, nn

IMAGE, TEXT = slice(0, 1), slice(1, 2)
BOTH = slice(None)


class PairedLinear(nn.Module):
    """One linear layer per modality: (M, N, inputs) -> (M, N, outputs).

    Args:
        inputs: width of the input.
        outputs: width of the output.
        generator: draws the initial weights (uniform, as in `nn.Linear`); None = zeros.
    """

    def __init__(self, inputs: int, outputs: int, generator: torch.Generator | None) -> None:
        super().__init__()
        weight, bias = torch.zeros(2, inputs, outputs), torch.zeros(2, 1, outputs)
        if generator is not None:
            bound = inputs**-0.5
            weight.uniform_(-bound, bound, generator=generator)
            bias.uniform_(-bound, bound, generator=generator)
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(bias)

    def forward(self, inputs: Tensor, modality: slice = BOTH) -> Tensor:
        """Apply the layers of `modality` to their own slice of the first axis."""
        if modality == BOTH:
            # Slices of all would have their gradients copied into zeros of the whole: an eighth of
            # a VAE-GAN epoch.
            return torch.baddbmm(self.bias, inputs, self.weight)
        return torch.baddbmm(self.bias[modality], inputs, self.weight[modality])
