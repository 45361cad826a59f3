import numpy as np
import pytest
import torch
from torch.nn import functional as F

from xshot.vaegan.batches import Batch
from xshot.vaegan.losses.reconstruction import reconstruction_loss
from xshot.vaegan.networks import Critic, Encoder, Generator
from xshot.vaegan.objective import Networks, critic_terms, fake_features, generator_terms
from xshot.vaegan.proposals import Proposals
from xshot.vaegan.residuals import ResidualModel

D, L, J, N = 6, 3, 2, 5


@pytest.fixture
def residuals():
    rng = np.random.default_rng(0)
    return ResidualModel(
        rng.normal(size=(2, L, D)).astype(np.float32),
        rng.uniform(0.2, 0.9, size=(2, D)).astype(np.float32),
    )


@pytest.fixture
def networks(residuals, generator):
    make = {"hidden": 8, "principal": True, "generator": generator}
    networks = Networks(
        Encoder(residuals, **make),
        Generator(residuals, n_peaks=J, **make),
        Critic(D, hidden=8, generator=generator),
    )
    # Away from the silent start, where many mistakes would not show.
    for weight in networks.generator.perceptron.outer.parameters():
        torch.nn.init.normal_(weight, std=0.3, generator=generator)
    return networks


@pytest.fixture
def batch(generator):
    features = D**0.5 * F.normalize(torch.randn(2, N, D, generator=generator), dim=-1)
    return Batch(
        features,
        torch.randn(2, N, D, generator=generator),
        torch.randn(N, D, generator=generator),
        torch.rand(2, N, J, generator=generator),
    )


@pytest.fixture
def proposals(generator):
    return Proposals(
        torch.randn(N, L, generator=generator), torch.rand(2, N, J, generator=generator)
    )


def seeded():
    return torch.Generator().manual_seed(11)


def terms_of(networks, batch, proposals, params, *, composition=True):
    return generator_terms(
        networks, batch, proposals, composition=composition, params=params, randomness=seeded()
    )


def test_terms_that_are_off_are_absent(networks, batch, proposals, params):
    everything = {"reconstruction", "kl", "composition", "adversarial"}
    assert set(terms_of(networks, batch, proposals, params)) == everything
    without = terms_of(networks, batch, proposals, params, composition=False)
    assert set(without) == everything - {"composition"}
    for field, name in [("kl_weight", "kl"), ("composition_weight", "composition")]:
        off = params.model_copy(update={field: 0.0})
        assert set(terms_of(networks, batch, proposals, off)) == everything - {name}
    bare = Networks(networks.encoder, networks.generator, None)
    assert set(terms_of(bare, batch, proposals, params)) == everything - {"adversarial"}


def test_a_weight_scales_its_own_term_alone(networks, batch, proposals, params):
    once = terms_of(networks, batch, proposals, params)
    for field, name in [
        ("kl_weight", "kl"),
        ("composition_weight", "composition"),
        ("adversarial_weight", "adversarial"),
    ]:
        doubled = params.model_copy(update={field: 2 * getattr(params, field)})
        twice = terms_of(networks, batch, proposals, doubled)
        for term in once:
            factor = 2 if term == name else 1
            torch.testing.assert_close(twice[term], factor * once[term])


def test_composition_decodes_each_modality_from_the_others_latent(
    networks, batch, proposals, params
):
    mean, log_variance = networks.encoder(batch.features, batch.base, batch.condition)
    drawn = torch.empty_like(mean).normal_(generator=seeded())
    of_image, of_text = mean + (log_variance / 2).exp() * drawn
    decoded = networks.generator(
        torch.stack([of_text, of_image]),
        batch.peaks,
        batch.base,
        networks.generator.context(batch.condition),
    )
    variance = networks.generator.noise.square().mean(dim=(1, 2))
    expected = params.composition_weight * reconstruction_loss(decoded, batch.features, variance)
    found = terms_of(networks, batch, proposals, params)["composition"]
    torch.testing.assert_close(found, expected)


def test_generated_features_lie_on_the_sphere(networks, batch, proposals):
    context = networks.generator.context(batch.condition)
    fake = fake_features(networks.generator, proposals, batch.base, context, seeded())
    torch.testing.assert_close(fake.norm(dim=-1), torch.full((2, N), D**0.5))


def test_generators_gain_where_critics_are_deceived(networks, batch, proposals, params):
    """The adversarial term is minus the critics' mean score of generated features."""
    raised = params.model_copy(update={"adversarial_weight": 1.0})
    before = terms_of(networks, batch, proposals, raised)["adversarial"]
    with torch.no_grad():
        networks.critic.outer.bias += 3
    after = terms_of(networks, batch, proposals, raised)["adversarial"]
    torch.testing.assert_close(after, before - 3)


def test_critic_terms_equal_wgan_gp_through_autograd(networks, batch):
    """f-VAEGAN-D2's form: scores of real, fake and mixed features, double backward."""
    critic = networks.critic
    fake = torch.randn(2, N, D, generator=seeded())
    found = critic_terms(critic, batch, fake, weight=10.0, randomness=seeded())

    def score(features):
        return critic(features, critic.context(batch.condition))

    share = torch.empty(2, N, 1).uniform_(generator=seeded())
    mixed = (batch.features + share * (fake - batch.features)).requires_grad_()
    (gradients,) = torch.autograd.grad(score(mixed).sum(), mixed, create_graph=True)
    penalty = 10 * ((gradients.norm(dim=-1) - 1) ** 2).mean()
    wasserstein = score(fake).mean() - score(batch.features).mean()
    torch.testing.assert_close(found["wasserstein"], wasserstein)
    torch.testing.assert_close(found["penalty"], penalty)
    weights = [critic.of_inputs.weight, critic.of_condition.weight, critic.outer.weight]
    ours = torch.autograd.grad(sum(found.values()), weights)
    theirs = torch.autograd.grad(wasserstein + penalty, weights)
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def test_a_penalty_of_weight_zero_is_not_computed(networks, batch):
    terms = critic_terms(networks.critic, batch, batch.features, weight=0.0, randomness=seeded())
    assert set(terms) == {"wasserstein"}
    torch.testing.assert_close(terms["wasserstein"], torch.tensor(0.0))


def test_identical_rows_give_finite_terms(networks, batch, proposals, params):
    rows = torch.zeros(N, dtype=torch.long)
    same = batch.take(rows)
    terms = terms_of(networks, same, proposals.take(rows), params)
    terms |= critic_terms(networks.critic, same, same.features, weight=10.0, randomness=seeded())
    sum(terms.values()).backward()
    for network in (networks.encoder, networks.generator, networks.critic):
        assert all(weight.grad.isfinite().all() for weight in network.parameters())
