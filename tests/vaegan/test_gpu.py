"""The GPU trains the VAE-GAN as the CPU does (`pytest -m gpu`)."""

import numpy as np
import torch

from tests.support.gpu import DEVICE, NEEDS_GPU, noise_of_the_cpu
from tests.vaegan.conftest import make_training
from xshot.vaegan.training import train_vaegan
from xshot.variants import VARIANTS

pytestmark = NEEDS_GPU

STEPS = 20
TERMS = ("reconstruction", "kl", "composition", "adversarial", "wasserstein", "penalty")


def train(mixtures, params, device):
    return train_vaegan(
        make_training(shots=3),
        mixtures,
        variant=VARIANTS["xshot"],
        params=params.model_copy(update={"steps": STEPS}),
        generator=torch.Generator().manual_seed(3),
        device=torch.device(device),
    )


def test_losses_are_the_cpu_s_where_the_noise_is(mixtures, params):
    with noise_of_the_cpu():
        (_, found), (_, expected) = (train(mixtures, params, device) for device in (DEVICE, "cpu"))
    for term in TERMS:
        # Adam's first steps blow the rounding of any two orders of summation up to 1e-3.
        np.testing.assert_allclose(
            found.series(term), expected.series(term), rtol=1e-2, atol=1e-4, err_msg=term
        )


def test_a_second_run_gives_the_same_bytes(mixtures, params):
    first, second = (train(mixtures, params, DEVICE)[0] for _ in range(2))
    for name, tensor in first.generator.state_dict().items():
        assert tensor.device.type == "cpu"
        assert torch.equal(tensor, second.generator.state_dict()[name]), name
