import numpy as np
import pytest
import torch

from xshot.episode.training_set import Centring, TrainingSet, normalise
from xshot.mixture.mixture import Mixture, Mixtures
from xshot.vaegan.params import VaeganParams

D = 12


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(7)


@pytest.fixture
def params():
    return VaeganParams(
        init="ppca",
        prompt_weight=2.0,
        latent_dim=4,
        hidden=16,
        steps=6,
        batch_size=8,
        lr_generator=1e-3,
        lr_critic=1e-3,
        critic_steps=2,
        gradient_penalty=10.0,
        adversarial_weight=0.1,
        kl_weight=1.0,
        composition_weight=0.3,
        condition_noise=0.5,
    )


def make_training(shots=2, rows=20, seed=0, dimensions=D, n_classes=6):
    """Classes around their prompts, the last half target; image and text share a factor."""
    rng = np.random.default_rng(seed)
    half = n_classes // 2
    prompts = normalise(rng.normal(size=(n_classes, dimensions)).astype(np.float32))
    classes = np.r_[np.repeat(np.arange(half), rows), np.repeat(np.arange(half, n_classes), shots)]
    factor = rng.normal(size=(len(classes), 2)) @ rng.normal(size=(2, 2 * dimensions))
    noise = 0.2 * factor + 0.1 * rng.normal(size=factor.shape)
    image, text = (
        normalise((prompts[classes] + side).astype(np.float32))
        for side in np.split(noise, 2, axis=1)
    )
    return TrainingSet(
        image=image,
        text=text,
        labels=classes[:, None] == np.arange(n_classes),
        is_support=classes >= half,
        prompts=prompts,
        is_target=np.arange(n_classes) >= half,
        centring=Centring(np.zeros(dimensions, np.float32), np.zeros(dimensions, np.float32)),
        hash="rows",
    )


@pytest.fixture
def training():
    return make_training()


@pytest.fixture
def mixtures():
    """Three image peaks and two text peaks."""
    rng = np.random.default_rng(5)

    def mixture(components):
        return Mixture(
            mean=np.zeros(D),
            axes=np.eye(D)[:, :3],
            weights=np.full(components, 1 / components),
            means=0.5 * rng.normal(size=(components, 3)),
            variances=np.full((components, 3), 0.05),
        )

    return Mixtures(mixture(3), mixture(2))
