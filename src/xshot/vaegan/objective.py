"""The loss terms of encoders and generators, and those of the critics."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from xshot.vaegan.batches import Batch
from xshot.vaegan.losses.divergence import divergence_loss
from xshot.vaegan.losses.gradient_penalty import gradient_penalty
from xshot.vaegan.losses.reconstruction import reconstruction_loss
from xshot.vaegan.losses.wasserstein import wasserstein_estimate
from xshot.vaegan.networks import Critic, Encoder, Generator
from xshot.vaegan.params import VaeganParams
from xshot.vaegan.proposals import Proposals


@dataclass(frozen=True)
class Networks:
    """What is trained; no critic without the adversarial terms."""

    encoder: Encoder
    generator: Generator
    critic: Critic | None

    def to(self, device: torch.device) -> "Networks":
        """The same networks on `device`."""
        critic = None if self.critic is None else self.critic.to(device)
        return Networks(self.encoder.to(device), self.generator.to(device), critic)


def fake_features(
    generator: Generator,
    proposals: Proposals,
    base: Tensor,
    context: Tensor,
    randomness: torch.Generator,
) -> Tensor:
    """Generated features for the classes of `base` and `context`, of norm sqrt(D): (2, N, D)."""
    latent = proposals.latent.expand(2, -1, -1)
    decoded = generator.noisy(generator(latent, proposals.peaks, base, context), randomness)
    return F.normalize(decoded, dim=-1).mul(decoded.shape[-1] ** 0.5)


def generator_terms(
    networks: Networks,
    batch: Batch,
    proposals: Proposals,
    *,
    composition: bool,
    params: VaeganParams,
    randomness: torch.Generator,
) -> dict[str, Tensor]:
    """The weighted terms of encoders and generators by name; their sum is the loss.

    Composition across modalities (FLEX-CLIP): each latent also decodes the other modality of its
    pair, G_t(E_v(x_v)) ~ x_t and the reverse, so that generated pairs belong together.
    """
    generator = networks.generator
    mean, log_variance = networks.encoder(batch.features, batch.base, batch.condition)
    drawn = torch.empty_like(mean).normal_(generator=randomness)
    latent = mean + (log_variance / 2).exp() * drawn
    context = generator.context(batch.condition)
    variance = generator.noise.square().mean(dim=(1, 2))

    def reconstruction(latent: Tensor) -> Tensor:
        decoded = generator(latent, batch.peaks, batch.base, context)
        return reconstruction_loss(decoded, batch.features, variance)

    terms = {"reconstruction": reconstruction(latent)}
    if params.kl_weight:
        divergence = divergence_loss(mean, log_variance, dimensions=batch.features.shape[-1])
        terms["kl"] = params.kl_weight * divergence
    if composition and params.composition_weight:
        terms["composition"] = params.composition_weight * reconstruction(latent.flip(0))
    if networks.critic is not None:
        fake = fake_features(generator, proposals, batch.base, context, randomness)
        score = networks.critic(fake, networks.critic.context(batch.condition)).mean()
        terms["adversarial"] = -params.adversarial_weight * score
    return terms


def critic_terms(
    critic: Critic, batch: Batch, fake: Tensor, *, weight: float, randomness: torch.Generator
) -> dict[str, Tensor]:
    """L_WGAN, negated: what critics lower is the terms' sum.

    Args:
        critic: of both modalities.
        batch: real pairs.
        fake: (2, N, D) generated for the same classes, without gradient.
        weight: of the gradient penalty.
        randomness: draws the points between real and generated.
    """
    context = critic.context(batch.condition)
    real_hidden, fake_hidden = (
        critic.pre_activations(features, context) for features in (batch.features, fake)
    )
    real_scores, fake_scores = critic.output(real_hidden), critic.output(fake_hidden)
    terms = {"wasserstein": -wasserstein_estimate(real_scores, fake_scores)}
    if weight:
        share = torch.empty_like(real_scores).uniform_(generator=randomness)
        # Pre-activations are linear in x: those between are between those of the ends.
        between = torch.lerp(real_hidden, fake_hidden, share)
        terms["penalty"] = weight * gradient_penalty(critic.input_gradient(between))
    return terms
