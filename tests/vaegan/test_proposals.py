import numpy as np
import pytest
import torch

from tests.vaegan.conftest import D
from xshot.episode.training_set import normalise
from xshot.vaegan.proposals import Proposals, propose, responsibilities
from xshot.vaegan.residuals import ResidualModel

L = 2


@pytest.fixture
def residuals():
    rng = np.random.default_rng(0)
    loadings = rng.normal(size=(2, L, D)).astype(np.float32)
    return ResidualModel(loadings, np.full((2, D), 0.01, np.float32))


@pytest.fixture
def means():
    return torch.from_numpy(np.random.default_rng(1).normal(size=(2, 500, D)).astype(np.float32))


def test_without_mixtures_there_are_no_peaks(means, residuals, generator):
    proposals = propose(means, residuals, None, principal=True, generator=generator)
    assert proposals.peaks.shape == (2, 500, 0)
    assert proposals.latent.shape == (500, L)


def test_peaks_are_those_of_where_class_mean_and_latent_lead(means, residuals, mixtures, generator):
    """With next to no noise the landing place follows from the latent."""
    proposals = propose(means, residuals, mixtures, principal=True, generator=generator)
    landing = means.numpy() + proposals.latent.numpy() @ residuals.loadings
    expected = responsibilities(mixtures, *(normalise(side) for side in landing))
    close = np.abs(proposals.peaks.numpy() - expected.numpy()).max(axis=2) < 0.1
    assert close.mean() > 0.95


def test_latents_of_a_generator_from_scratch_know_nothing_of_peaks(
    means, residuals, mixtures, generator
):
    """Same seed, same peaks; the latent is another draw."""
    drawn = [
        propose(means, residuals, mixtures, principal=principal, generator=seeded)
        for principal, seeded in [
            (True, torch.Generator().manual_seed(0)),
            (False, torch.Generator().manual_seed(0)),
        ]
    ]
    torch.testing.assert_close(drawn[0].peaks, drawn[1].peaks)
    correlation = np.corrcoef(drawn[0].latent.ravel(), drawn[1].latent.ravel())[0, 1]
    assert abs(correlation) < 0.15


def test_take_keeps_latents_and_peaks_together():
    proposals = Proposals(torch.arange(8.0).view(4, 2), torch.arange(24.0).view(2, 4, 3))
    taken = proposals.take(torch.tensor([3, 0]))
    torch.testing.assert_close(taken.latent, torch.tensor([[6.0, 7.0], [0.0, 1.0]]))
    torch.testing.assert_close(taken.peaks[1], proposals.peaks[1, [3, 0]])
