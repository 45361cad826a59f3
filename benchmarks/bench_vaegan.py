"""One epoch of the VAE-GAN: XShot beside WGAN-GP by double backward.

`python -m benchmarks.bench_vaegan`; same networks, batches, random draws and steps.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch.nn import functional as F

from benchmarks import wgan_gp
from benchmarks.side_by_side import Row, side_by_side
from benchmarks.threads import CORES, fastest_threads, with_threads
from xshot.compute import TRAINING_THREADS
from xshot.params import load_params
from xshot.vaegan.batches import Batch, Batches
from xshot.vaegan.networks import Critic, Encoder, Generator
from xshot.vaegan.objective import Networks
from xshot.vaegan.optimisation import LOG_EVERY, optimise
from xshot.vaegan.params import VaeganParams
from xshot.vaegan.proposals import propose
from xshot.vaegan.residuals import fit_residuals

DIMENSIONS, CLASSES, PAIRS = 512, 50, 4096
COMPARED = 21
"""Steps whose losses must agree."""

Losses = list[tuple[float, float]]
Trainer = Callable[[Networks, Batches, VaeganParams], Losses]


class Start:
    """What an epoch of `pairs` starts from: untrained networks, pairs and proposals."""

    def __init__(
        self, params: VaeganParams, dtype: torch.dtype, *, device: str = "cpu", pairs: int = PAIRS
    ) -> None:
        self._device = torch.device(device)
        generator = torch.Generator().manual_seed(0)
        classes = torch.arange(pairs) % CLASSES
        prompts = _sphere(torch.randn(CLASSES, DIMENSIONS, generator=generator))
        means = _sphere(torch.randn(2, CLASSES, DIMENSIONS, generator=generator))[:, classes]
        features = _sphere(means + torch.randn(2, pairs, DIMENSIONS, generator=generator))
        residuals = fit_residuals(
            (features - means).numpy(), n_classes=CLASSES, latent_dim=params.latent_dim
        )
        self._pairs = Batch(
            features.to(dtype),
            means.to(dtype),
            prompts[classes].to(dtype),
            torch.empty(2, pairs, 0, dtype=dtype),
        )
        proposals = propose(means, residuals, None, principal=True, generator=generator)
        self._proposals = replace(proposals, latent=proposals.latent.to(dtype))
        hidden = params.hidden
        self._networks = Networks(
            Encoder(residuals, hidden=hidden, principal=True, generator=generator).to(dtype),
            Generator(residuals, hidden=hidden, n_peaks=0, principal=True, generator=generator).to(
                dtype
            ),
            Critic(DIMENSIONS, hidden=hidden, generator=generator).to(dtype),
        ).to(self._device)

    def train(self, trainer: Trainer, params: VaeganParams) -> Losses:
        """One training from this start, with the same draws every time."""
        batches = Batches(
            self._pairs,
            self._proposals,
            weights=torch.ones(len(self._pairs.condition)),
            shape=(params.steps, params.critic_steps + 1, params.batch_size),
            condition_noise=params.condition_noise,
            generator=torch.Generator().manual_seed(1),
            device=self._device,
        )
        return trainer(deepcopy(self._networks), batches, params)


def xshot(networks: Networks, batches: Batches, params: VaeganParams) -> Losses:
    """Losses of critics and generators at the steps that are logged."""
    with with_threads(TRAINING_THREADS):
        curves = optimise(networks, batches, composition=True, params=params)
    return list(zip(curves.series("critic"), curves.series("generator"), strict=True))


def rows() -> Iterator[Row]:
    """With the default params but for the steps, and no mixture."""
    default = load_params().section(VaeganParams)
    params = default.model_copy(update={"steps": PAIRS // default.batch_size})
    few = default.model_copy(update={"steps": COMPARED})
    # In double precision: in single, Adam's first steps blow rounding up to 1e-3 within 20 steps.
    exact = Start(params, torch.float64)
    with with_threads(TRAINING_THREADS):
        theirs = exact.train(wgan_gp.train, few)[::LOG_EVERY]
    alike = np.allclose(theirs, exact.train(xshot, few), rtol=1e-4, atol=0)
    start = Start(params, torch.float32)
    trial = default.model_copy(update={"steps": 3})
    fastest = fastest_threads(partial(start.train, wgan_gp.train, trial))
    # XShot trains on one thread; on as many as that is how the work itself compares.
    for threads in sorted({fastest, TRAINING_THREADS}, reverse=True):
        with with_threads(threads):
            yield side_by_side(
                f"one VAE-GAN epoch, {PAIRS} pairs",
                f"double backward, {threads} of {CORES} threads",
                partial(start.train, wgan_gp.train, params),
                partial(start.train, xshot, params),
                equal=lambda _theirs, _ours: alike,
            )


def _sphere(rows: torch.Tensor) -> torch.Tensor:
    return F.normalize(rows, dim=-1) * rows.shape[-1] ** 0.5


if __name__ == "__main__":
    for _ in rows():
        pass
