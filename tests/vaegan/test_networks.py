import numpy as np
import pytest
import torch

from xshot.vaegan.losses.gradient_penalty import gradient_penalty
from xshot.vaegan.networks import Critic, Encoder, Generator, PairedPerceptron
from xshot.vaegan.residuals import ResidualModel

D, L, J, N = 5, 3, 2, 7


@pytest.fixture
def residuals():
    rng = np.random.default_rng(0)
    return ResidualModel(
        rng.normal(size=(2, L, D)).astype(np.float32),
        rng.uniform(0.2, 0.9, size=(2, D)).astype(np.float32),
    )


@pytest.fixture
def draw(generator):
    return lambda *shape: torch.randn(*shape, generator=generator)


def test_paired_perceptron_equals_one_on_the_concatenated_input(generator, draw):
    paired = PairedPerceptron(4, D, 6, 3, generator)
    inputs, condition = draw(2, N, 4), draw(N, D)
    outputs = paired(inputs, paired.context(condition))
    for modality in range(2):
        weight = torch.cat(
            [paired.of_inputs.weight[modality], paired.of_condition.weight[modality]]
        )
        bias = paired.of_inputs.bias[modality] + paired.of_condition.bias[modality]
        hidden = torch.cat([inputs[modality], condition], dim=1) @ weight + bias
        hidden = torch.where(hidden > 0, hidden, 0.2 * hidden)
        expected = hidden @ paired.outer.weight[modality] + paired.outer.bias[modality]
        torch.testing.assert_close(outputs[modality], expected)


def test_the_principal_encoder_starts_as_the_residual_models_posterior(residuals, generator, draw):
    encoder = Encoder(residuals, hidden=8, principal=True, generator=generator)
    features, base, condition = draw(2, N, D), draw(2, N, D), draw(N, D)
    mean, log_variance = encoder(features, base, condition)
    gains, log_variances = residuals.posterior()
    expected = np.einsum("mnd,mdl->mnl", (features - base).numpy(), gains)
    np.testing.assert_allclose(mean.detach().numpy(), expected, atol=1e-4)
    np.testing.assert_allclose(
        log_variance.detach().numpy(), np.broadcast_to(log_variances[:, None], (2, N, L)), atol=1e-6
    )


def test_the_principal_generator_starts_at_class_mean_and_loadings(residuals, generator, draw):
    network = Generator(residuals, hidden=8, n_peaks=J, principal=True, generator=generator)
    latent, peaks, base, condition = draw(2, N, L), draw(2, N, J), draw(2, N, D), draw(N, D)
    decoded = network(latent, peaks, base, network.context(condition)).detach().numpy()
    np.testing.assert_allclose(
        decoded, base.numpy() + latent.numpy() @ residuals.loadings, atol=1e-5
    )


def test_noise_has_the_models_deviation(residuals, generator):
    network = Generator(residuals, hidden=8, n_peaks=J, principal=True, generator=generator)
    noise = network.noisy(torch.zeros(2, 20_000, D), generator)
    np.testing.assert_allclose(noise.std(dim=1).numpy(), residuals.noise, rtol=0.03)


def test_from_scratch_neither_class_mean_nor_noise_enters(residuals, generator, draw):
    encoder = Encoder(residuals, hidden=8, principal=False, generator=generator)
    network = Generator(residuals, hidden=8, n_peaks=J, principal=False, generator=generator)
    features, condition = draw(2, N, D), draw(N, D)
    latent, peaks, context = draw(2, N, L), draw(2, N, J), network.context(condition)
    for one, other in [
        [encoder(features, base, condition)[0] for base in (draw(2, N, D), draw(2, N, D))],
        [network(latent, peaks, base, context) for base in (draw(2, N, D), draw(2, N, D))],
    ]:
        torch.testing.assert_close(one, other)
    decoded = network(latent, peaks, draw(2, N, D), context)
    assert decoded.std() > 0
    torch.testing.assert_close(network.noisy(decoded, generator), decoded)


@pytest.fixture
def critic(generator):
    return Critic(D, hidden=8, generator=generator).double()


def test_the_critics_input_gradient_equals_autograd(critic, draw):
    features = draw(2, N, D).double().requires_grad_()
    context = critic.context(draw(N, D).double())
    hidden = critic.pre_activations(features, context)
    (expected,) = torch.autograd.grad(critic.output(hidden).sum(), features)
    torch.testing.assert_close(critic.input_gradient(hidden), expected)


def test_the_penaltys_gradient_equals_double_backward(critic, draw):
    features = draw(2, N, D).double().requires_grad_()
    condition = draw(N, D).double()
    scores = critic(features, critic.context(condition))
    (gradients,) = torch.autograd.grad(scores.sum(), features, create_graph=True)
    weights = [critic.of_inputs.weight, critic.outer.weight]
    expected = torch.autograd.grad(gradient_penalty(gradients), weights)
    hidden = critic.pre_activations(features, critic.context(condition))
    found = torch.autograd.grad(gradient_penalty(critic.input_gradient(hidden)), weights)
    torch.testing.assert_close(found, expected)
