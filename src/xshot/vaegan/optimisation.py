"""The alternation of critic and generator steps (Gulrajani et al., NeurIPS 2017)."""

from collections.abc import Iterable

import torch
from torch import Tensor

from xshot.curves import Curves
from xshot.progress import progress
from xshot.vaegan.batches import Batches
from xshot.vaegan.networks import Critic, Generator
from xshot.vaegan.objective import Networks, critic_terms, fake_features, generator_terms
from xshot.vaegan.params import VaeganParams

LOG_EVERY = 5
_REMEDY = "lower vaegan.lr_critic, vaegan.lr_generator or the weights of the terms"
# No momentum to speak of: the opponent changes with every step (WGAN-GP's setting is 0).
_BETAS = (0.5, 0.9)


def optimise(
    networks: Networks, batches: Batches, *, composition: bool, params: VaeganParams
) -> Curves:
    """Train `networks` in place on `batches`, (steps, critic_steps + 1 or 1) of them.

    Returns:
        Every few steps the weighted terms, `wasserstein` with the sign of the distance, `critic`
        and `generator` the sums that were minimised.

    Raises:
        UserError: a loss is not finite.
    """
    generator, critic = networks.generator, networks.critic
    weights = [*networks.encoder.parameters(), *generator.parameters()]
    optimiser = _adam(weights, params.lr_generator)
    critic_optimiser = None if critic is None else _adam(critic.parameters(), params.lr_critic)
    curves = Curves("train_vaegan", remedy=_REMEDY)
    steps = progress(range(params.steps), total=params.steps, unit="step", label="VAE-GAN")
    for step in steps:
        losses: dict[str, Tensor] = {}
        if critic is not None and critic_optimiser is not None:
            for turn in range(params.critic_steps):
                terms = _critic_terms(generator, critic, batches, (step, turn), params)
                losses = {"critic": _descend(critic_optimiser, terms), **terms}
            losses["wasserstein"] = -losses["wasserstein"]
        terms = generator_terms(
            networks,
            *batches.draw(step, -1),
            composition=composition,
            params=params,
            randomness=batches.randomness,
        )
        losses |= {"generator": _descend(optimiser, terms), **terms}
        if step % LOG_EVERY == 0 or step == params.steps - 1:
            curves.add(step, **{name: loss.detach() for name, loss in losses.items()})
    return curves


def _critic_terms(
    generator: Generator,
    critic: Critic,
    batches: Batches,
    place: tuple[int, int],
    params: VaeganParams,
) -> dict[str, Tensor]:
    batch, proposals = batches.draw(*place)
    with torch.no_grad():
        context = generator.context(batch.condition)
        fake = fake_features(generator, proposals, batch.base, context, batches.randomness)
    return critic_terms(
        critic, batch, fake, weight=params.gradient_penalty, randomness=batches.randomness
    )


def _adam(weights: Iterable[Tensor], lr: float) -> torch.optim.Adam:
    return torch.optim.Adam(weights, lr, betas=_BETAS, fused=True)


def _descend(optimiser: torch.optim.Adam, terms: dict[str, Tensor]) -> Tensor:
    """One step down the sum of `terms`, which is returned."""
    loss = torch.stack(list(terms.values())).sum()
    optimiser.zero_grad()
    # No gradients of the opponent's weights: they would be computed for nothing.
    weights = optimiser.param_groups[0]["params"]
    loss.backward(inputs=weights)  # type: ignore[no-untyped-call]
    optimiser.step()
    return loss
