import numpy as np
import pytest
import torch

from xshot.episode.training_set import Centring, TrainingSet, normalise
from xshot.mixture.mixture import Mixture, Mixtures
from xshot.projector.baselines import clip_adapter, cross_modal
from xshot.projector.choice import Choice
from xshot.projector.fitting import fit_embedder
from xshot.projector.params import ProjectorParams
from xshot.store.pseudo import PseudoFeatures
from xshot.variants import VARIANTS


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch):
    """The published number takes seconds."""
    monkeypatch.setattr(cross_modal, "STEPS", 400)
    monkeypatch.setattr(clip_adapter, "EPOCHS", 20)


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(7)


@pytest.fixture
def unit(generator):
    """Draws unit-norm rows."""

    def draw(*shape, dtype=torch.float64):
        rows = torch.randn(*shape, dtype=dtype, generator=generator)
        return torch.nn.functional.normalize(rows, dim=-1)

    return draw


@pytest.fixture
def params():
    return ProjectorParams(
        hidden=16,
        dropout=0.2,
        gate_bias=-2.0,
        lr=1e-2,
        weight_decay=0.01,
        batch_size=16,
        classification=1.0,
        class_temperature=0.125,
        contrast=1.0,
        contrast_within=0.5,
        contrast_temperature=0.2,
        distances=1.0,
        coordinates=1.0,
        prompt_weight=2.0,
        shrinkage=0.8,
        sharpness=10.0,
    )


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.fixture
def training(rng):
    """Six classes, the last three target with two shots each; D = 8."""
    return make_training(rng, shots=2)


@pytest.fixture
def training_without_support(rng):
    return make_training(rng, shots=0)


@pytest.fixture
def pseudo(training, rng):
    classes = np.repeat(np.arange(3, 6), 4)
    image, text = (
        normalise(training.prompts[classes] + 0.2 * rng.normal(size=(12, 8)).astype(np.float32))
        for _ in range(2)
    )
    return PseudoFeatures(image, text, classes, np.full(12, -1))


@pytest.fixture
def mixtures(rng):
    def mixture(components):
        return Mixture(
            mean=np.zeros(8),
            axes=np.eye(8)[:, :3],
            weights=np.full(components, 1 / components),
            means=rng.normal(size=(components, 3)),
            variances=np.full((components, 3), 0.1),
        )

    return Mixtures(mixture(3), mixture(2))


def make_training(rng, shots):
    """Five rows per source class around a prompt that both modalities share."""
    prompts = normalise(rng.normal(size=(6, 8)).astype(np.float32))
    classes = np.r_[np.repeat(np.arange(3), 5), np.repeat(np.arange(3, 6), shots)]
    noise = 0.3 * rng.normal(size=(2, len(classes), 8)).astype(np.float32)
    return TrainingSet(
        image=normalise(prompts[classes] + noise[0]),
        text=normalise(prompts[classes] + noise[1]),
        labels=classes[:, None] == np.arange(6),
        is_support=classes >= 3,
        prompts=prompts,
        is_target=np.arange(6) >= 3,
        centring=Centring(np.zeros(8, np.float32), np.zeros(8, np.float32)),
        hash="rows",
    )


@pytest.fixture
def features(rng):
    """CLIP features of nine rows."""
    return normalise(rng.normal(size=(9, 8)).astype(np.float32))


@pytest.fixture
def choice():
    weights = {
        "name": 5.0,
        "members": 4.0,
        "probe": 1.0,
        "regression": 2.0,
        "projected": 3.0,
        "source": 0.5,
    }
    return Choice(steps=4, calibration=0.0, weights={"image": weights, "text": weights})


@pytest.fixture
def fit(training, pseudo, mixtures, params, choice):
    """Fits a variant by name."""

    def fit_variant(name, params=params):
        variant = VARIANTS[name]
        return fit_embedder(
            training,
            pseudo if variant.generation else PseudoFeatures.empty(8),
            mixtures if variant.mixture else None,
            variant=variant,
            params=params,
            choice=choice,
            generator=torch.Generator().manual_seed(1),
            device=torch.device("cpu"),
        )

    return fit_variant
