import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from xshot.projector.baselines import clip_adapter
from xshot.projector.baselines.clip_adapter import RATIO, ClipAdapter, train_clip_adapter
from xshot.projector.embedder import project


@pytest.fixture
def adapter(training, generator):
    return train_clip_adapter(training, generator=generator, device=torch.device("cpu"))


def test_an_embedding_is_the_published_formula(adapter, features):
    network, _ = adapter
    weights = network.state_dict()
    for side in (0, 1):
        hidden = np.maximum(features @ weights["inner.weight"][side].numpy(), 0)
        adapted = np.maximum(hidden @ weights["outer.weight"][side].numpy(), 0)
        mixed = RATIO * adapted + (1 - RATIO) * features
        expected = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
        assert_allclose(project(network, features, side), expected, atol=1e-6)


def test_training_lowers_the_loss(training, generator, monkeypatch):
    monkeypatch.setattr(clip_adapter, "EPOCHS", 100)
    _, curves = train_clip_adapter(training, generator=generator, device=torch.device("cpu"))
    losses = curves.series("classification")
    assert len(losses) == 100
    assert losses[-1] < losses[0]


def test_biases_and_ratio_are_not_learned(adapter):
    weights = adapter[0].state_dict()
    for layer in ("inner", "outer"):
        assert not weights[f"{layer}.bias"].any()
    assert_allclose(weights["ratio"], RATIO)


def test_the_start_is_drawn_from_the_generator():
    first, again, other = (
        ClipAdapter(8, 2, generator=torch.Generator().manual_seed(seed)).inner.weight.detach()
        for seed in (1, 1, 2)
    )
    assert_array_equal(first, again)
    assert not torch.equal(first, other)
