"""The GPU trains the projector as the CPU does (`pytest -m gpu`)."""

import numpy as np
import pytest
import torch

from tests.support.gpu import DEVICE, NEEDS_GPU, noise_of_the_cpu
from xshot.projector.training import train_projector
from xshot.variants import VARIANTS

pytestmark = NEEDS_GPU

STEPS = 20
TERMS = ("classification", "contrast", "contrast_within", "distances")


def train(training, pseudo, mixtures, params, device):
    return train_projector(
        training,
        pseudo,
        mixtures,
        variant=VARIANTS["flex_gcrdp"],
        params=params,
        steps=STEPS,
        generator=torch.Generator().manual_seed(3),
        device=torch.device(device),
    )


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_losses_are_the_cpu_s(training, pseudo, mixtures, params, dropout):
    params = params.model_copy(update={"dropout": dropout})
    with noise_of_the_cpu():
        (_, found), (_, expected) = (
            train(training, pseudo, mixtures, params, device) for device in (DEVICE, "cpu")
        )
    for term in TERMS:
        np.testing.assert_allclose(
            found.series(term), expected.series(term), rtol=1e-3, err_msg=term
        )


def test_a_second_run_gives_the_same_bytes(training, pseudo, mixtures, params):
    first, second = (
        train(training, pseudo, mixtures, params, DEVICE)[0].state_dict() for _ in range(2)
    )
    for name, tensor in first.items():
        assert tensor.device.type == "cpu"
        assert torch.equal(tensor, second[name]), name
