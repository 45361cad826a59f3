"""Encoders, generators and critics of both modalities, side by side in one set of matmuls.

The first axis is always the modality: image, text. Features are scaled by sqrt(D), so that a
dimension has unit variance. What a network makes of the class embedding alone, its *context*, is
computed once per batch and shared by everything that is put to it.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from xshot.paired import PairedLinear
from xshot.vaegan.residuals import ResidualModel

_SLOPE = 0.2


class PairedPerceptron(nn.Module):
    """One perceptron with a hidden layer per modality, of inputs and a class embedding.

    Args:
        inputs: width of the inputs.
        dimensions: width of the class embedding.
        hidden: width of the hidden layer.
        outputs: width of the output.
        generator: draws the initial weights; None = zeros, to be loaded.
        silent: start with an output of zero.
    """

    def __init__(
        self,
        inputs: int,
        dimensions: int,
        hidden: int,
        outputs: int,
        generator: torch.Generator | None,
        *,
        silent: bool = False,
    ) -> None:
        super().__init__()
        self.of_condition = PairedLinear(dimensions, hidden, generator)
        self.of_inputs = PairedLinear(inputs, hidden, generator)
        self.outer = PairedLinear(hidden, outputs, None if silent else generator)

    def context(self, condition: Tensor) -> Tensor:
        """The part of the pre-activations that is due to class embeddings (N, D): (2, N, H)."""
        context: Tensor = self.of_condition(condition.expand(2, -1, -1))
        return context

    def pre_activations(self, inputs: Tensor, context: Tensor) -> Tensor:
        """Of the hidden layer, for inputs (2, N, inputs): (2, N, H)."""
        hidden: Tensor = self.of_inputs(inputs) + context
        return hidden

    def output(self, pre_activations: Tensor) -> Tensor:
        """(2, N, H) -> (2, N, outputs)."""
        output: Tensor = self.outer(F.leaky_relu(pre_activations, _SLOPE))
        return output

    def forward(self, inputs: Tensor, context: Tensor) -> Tensor:
        """(2, N, inputs), (2, N, H) -> (2, N, outputs)."""
        return self.output(self.pre_activations(inputs, context))


class Encoder(nn.Module):
    """E_m(x, a): mean and log variance of q(z | x, a).

    With `principal` it starts as the posterior of the residual model.

    Args:
        residuals: where it starts.
        hidden: width of the hidden layer.
        principal: see above.
        generator: draws the initial weights.
    """

    gains: Tensor
    log_variances: Tensor

    def __init__(
        self, residuals: ResidualModel, *, hidden: int, principal: bool, generator: torch.Generator
    ) -> None:
        super().__init__()
        latent_dim, dimensions = residuals.loadings.shape[1:]
        gains, log_variances = map(torch.from_numpy, residuals.posterior())
        self.register_buffer("gains", gains)
        self.register_buffer("log_variances", log_variances[:, None])
        self.principal = principal
        self.perceptron = PairedPerceptron(
            dimensions, dimensions, hidden, 2 * latent_dim, generator, silent=principal
        )

    def forward(self, features: Tensor, base: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Encode.

        Args:
            features: (2, N, D).
            base: (2, N, D) the rows' class means.
            condition: (N, D) the rows' class embeddings.

        Returns:
            Mean and log variance, (2, N, L) each.
        """
        inputs = features - base if self.principal else features
        context = self.perceptron.context(condition)
        mean, log_variance = self.perceptron(inputs, context).chunk(2, dim=-1)
        if not self.principal:
            return mean, log_variance
        return mean + inputs @ self.gains, log_variance + self.log_variances


class Generator(nn.Module):
    """G_m(z, a, r): the VAE's decoder and the GAN's generator at once.

    With `principal`: class mean + z L_m + perceptron([z, r], a), whose last layer starts at zero;
    sampling adds the residual model's noise. Without: the perceptron alone, from scratch.

    Args:
        residuals: loadings and noise.
        hidden: width of the hidden layer.
        n_peaks: J, mixture components; 0 = no mixture.
        principal: see above.
        generator: draws the initial weights; None = zeros, to be loaded.
    """

    loadings: Tensor
    noise: Tensor

    def __init__(
        self,
        residuals: ResidualModel,
        *,
        hidden: int,
        n_peaks: int,
        principal: bool,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        latent_dim, dimensions = residuals.loadings.shape[1:]
        self.register_buffer("loadings", torch.from_numpy(residuals.loadings))
        self.register_buffer("noise", torch.from_numpy(residuals.noise)[:, None])
        self.principal = principal
        self.sizes = {"hidden": hidden, "n_peaks": n_peaks}
        self.perceptron = PairedPerceptron(
            latent_dim + n_peaks, dimensions, hidden, dimensions, generator, silent=principal
        )

    def context(self, condition: Tensor) -> Tensor:
        """What decoding is told about the rows' classes, from their embeddings: (N, D)."""
        return self.perceptron.context(condition)

    def forward(self, latent: Tensor, peaks: Tensor, base: Tensor, context: Tensor) -> Tensor:
        """Decode, without noise.

        Args:
            latent: (2, N, L); the same for both modalities makes pairs.
            peaks: (2, N, J) responsibilities of each modality's mixture.
            base: (2, N, D) class means.
            context: of the class embeddings.

        Returns:
            (2, N, D), not normalised.
        """
        learned: Tensor = self.perceptron(torch.cat([latent, peaks], dim=-1), context)
        return base + latent @ self.loadings + learned if self.principal else learned

    def noisy(self, decoded: Tensor, randomness: torch.Generator) -> Tensor:
        """Add what the loadings leave over, drawn afresh: (2, N, D) -> (2, N, D)."""
        if not self.principal:
            return decoded
        drawn = torch.empty_like(decoded).normal_(generator=randomness)
        return decoded + self.noise * drawn


class Critic(PairedPerceptron):
    """D_m(x, a): a perceptron with one hidden layer, whose input gradient is a closed form.

    Args:
        dimensions: D.
        hidden: width of the hidden layer.
        generator: draws the initial weights.
    """

    def __init__(self, dimensions: int, *, hidden: int, generator: torch.Generator) -> None:
        super().__init__(dimensions, dimensions, hidden, 1, generator)

    def input_gradient(self, pre_activations: Tensor) -> Tensor:
        """Gradient of D with respect to its inputs, at pre-activations (2, N, H): (2, N, D).

        The slope of a leaky ReLU is constant on either side, so that this expression's own gradient
        equals what double backward through autograd gives.
        """
        slopes = torch.where(pre_activations > 0, 1.0, _SLOPE)
        through = slopes * self.outer.weight.transpose(1, 2)
        return through @ self.of_inputs.weight.transpose(1, 2)
