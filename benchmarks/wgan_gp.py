"""The peer of the VAE-GAN: the same networks trained the usual way, as f-VAEGAN-D2's code does.

One module per modality and role, called on inputs and class embedding afresh each time; the
gradient penalty by `torch.autograd.grad(create_graph=True)`, and backward through that.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from xshot.vaegan.batches import Batch, Batches
from xshot.vaegan.networks import PairedPerceptron
from xshot.vaegan.objective import Networks
from xshot.vaegan.params import VaeganParams
from xshot.vaegan.proposals import Proposals


class Perceptron(nn.Module):
    """One modality's perceptron, with the weights that XShot's starts from."""

    def __init__(self, paired: PairedPerceptron, modality: int) -> None:
        super().__init__()
        layers = []
        for layer in (paired.of_inputs, paired.of_condition, paired.outer):
            weight, bias = layer.weight[modality].detach(), layer.bias[modality, 0].detach()
            layers.append(nn.Linear(*weight.shape, dtype=weight.dtype))
            layers[-1].weight.data.copy_(weight.T)
            layers[-1].bias.data.copy_(bias)
        self.of_inputs, self.of_condition, self.outer = layers

    def forward(self, inputs: Tensor, condition: Tensor) -> Tensor:
        """(N, inputs), (N, D) -> (N, outputs)."""
        hidden = self.of_inputs(inputs) + self.of_condition(condition)
        output: Tensor = self.outer(F.leaky_relu(hidden, 0.2))
        return output


@dataclass(frozen=True)
class Modality:
    """Encoder, generator and critic of one modality; the start of either of the first two."""

    encoder: Perceptron
    generator: Perceptron
    critic: Perceptron
    gains: Tensor
    log_variance: Tensor
    loadings: Tensor
    noise: Tensor

    @classmethod
    def like(cls, networks: Networks, modality: int) -> "Modality":
        """The networks of one modality, apart from XShot's."""
        encoder, generator, critic = networks.encoder, networks.generator, networks.critic
        assert critic is not None
        return cls(
            *(
                Perceptron(paired, modality)
                for paired in (encoder.perceptron, generator.perceptron, critic)
            ),
            encoder.gains[modality],
            encoder.log_variances[modality],
            generator.loadings[modality],
            generator.noise[modality],
        )

    def encode(self, features: Tensor, base: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of the latent."""
        residual = features - base
        mean, log_variance = self.encoder(residual, condition).chunk(2, dim=-1)
        return mean + residual @ self.gains, log_variance + self.log_variance

    def decode(self, latent: Tensor, peaks: Tensor, base: Tensor, condition: Tensor) -> Tensor:
        """Features, not normalised."""
        inputs = torch.cat([latent, peaks], dim=-1)
        decoded: Tensor = base + latent @ self.loadings + self.generator(inputs, condition)
        return decoded


Draw = tuple[Batch, Proposals]


def train(networks: Networks, batches: Batches, params: VaeganParams) -> list[tuple[float, float]]:
    """Train copies of `networks`; the losses of critics and generators at every step."""
    sides = [Modality.like(networks, modality) for modality in range(2)]
    critics = nn.ModuleList(side.critic for side in sides)
    others = nn.ModuleList(net for side in sides for net in (side.encoder, side.generator))
    critic_optimiser = torch.optim.Adam(critics.parameters(), params.lr_critic, betas=(0.5, 0.9))
    optimiser = torch.optim.Adam(others.parameters(), params.lr_generator, betas=(0.5, 0.9))
    losses = []
    for step in range(params.steps):
        critics.requires_grad_(True)
        for turn in range(params.critic_steps):
            critic_loss = _critic_loss(sides, batches, batches.draw(step, turn), params)
            critic_optimiser.zero_grad()
            critic_loss.backward()
            critic_optimiser.step()
        critics.requires_grad_(False)
        loss = _generator_loss(sides, batches, batches.draw(step, -1), params)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append((critic_loss.detach(), loss.detach()))
    return [(float(critic), float(generator)) for critic, generator in losses]


def _critic_loss(
    sides: list[Modality], batches: Batches, draw: Draw, params: VaeganParams
) -> Tensor:
    batch, proposals = draw
    noise = _normal(batch.features, batches)
    share = torch.empty_like(batch.features[..., :1]).uniform_(generator=batches.randomness)
    total = batch.features.new_zeros(())
    for m, side in enumerate(sides):
        with torch.no_grad():
            fake = _fake(side, batch, proposals, noise, m)
        real_score = side.critic(batch.features[m], batch.condition).mean()
        fake_score = side.critic(fake, batch.condition).mean()
        between = torch.lerp(batch.features[m], fake, share[m]).requires_grad_()
        score = side.critic(between, batch.condition)
        (gradient,) = torch.autograd.grad(
            score, between, torch.ones_like(score), create_graph=True, retain_graph=True
        )
        penalty = (gradient.norm(dim=1) - 1).square().mean()
        total = total + (fake_score - real_score + params.gradient_penalty * penalty) / 2
    return total


def _generator_loss(
    sides: list[Modality], batches: Batches, draw: Draw, params: VaeganParams
) -> Tensor:
    batch, proposals = draw
    encoded = [
        side.encode(batch.features[m], batch.base[m], batch.condition)
        for m, side in enumerate(sides)
    ]
    drawn = _normal(torch.stack([mean for mean, _ in encoded]), batches)
    noise = _normal(batch.features, batches)
    latents = [mean + (log / 2).exp() * drawn[m] for m, (mean, log) in enumerate(encoded)]
    total = batch.features.new_zeros(())
    for m, (side, (mean, log_variance)) in enumerate(zip(sides, encoded, strict=True)):
        kl = (mean.square() + log_variance.exp() - 1 - log_variance).sum(dim=1).mean()
        own, composed = (
            _reconstruction(side, batch, latent, m) for latent in (latents[m], latents[1 - m])
        )
        fake = _fake(side, batch, proposals, noise, m)
        score = side.critic(fake, batch.condition).mean()
        total = total + own / 2
        total = total + params.composition_weight * composed / 2
        total = total + params.kl_weight * kl / (2 * batch.features.shape[-1]) / 2
        total = total - params.adversarial_weight * score / 2
    return total


def _fake(side: Modality, batch: Batch, proposals: Proposals, noise: Tensor, m: int) -> Tensor:
    decoded = side.decode(proposals.latent, proposals.peaks[m], batch.base[m], batch.condition)
    decoded = decoded + side.noise * noise[m]
    return F.normalize(decoded, dim=-1) * decoded.shape[-1] ** 0.5


def _reconstruction(side: Modality, batch: Batch, latent: Tensor, m: int) -> Tensor:
    decoded = side.decode(latent, batch.peaks[m], batch.base[m], batch.condition)
    decoded = F.normalize(decoded, dim=-1) * decoded.shape[-1] ** 0.5
    return F.mse_loss(decoded, batch.features[m]) / (2 * side.noise.square().mean())


def _normal(like: Tensor, batches: Batches) -> Tensor:
    return torch.empty_like(like).normal_(generator=batches.randomness)
