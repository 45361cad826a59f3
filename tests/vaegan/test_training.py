from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.vaegan.conftest import D, make_training
from xshot.episode.class_means import class_means
from xshot.errors import UserError
from xshot.vaegan import training as module
from xshot.vaegan.training import train_vaegan
from xshot.variants import VARIANTS, Variant

CPU = torch.device("cpu")


def train(training, params, *, variant=VARIANTS["xshot"], mixtures=None, seed=3):
    return train_vaegan(
        training,
        mixtures,
        variant=variant,
        params=params,
        generator=torch.Generator().manual_seed(seed),
        device=CPU,
    )


def weights(model):
    return torch.cat([weight.ravel() for weight in model.generator.state_dict().values()])


@pytest.mark.parametrize("init", ["ppca", "random"])
@pytest.mark.parametrize("k_shot", range(8))
def test_trains_for_every_k(params, mixtures, init, k_shot):
    params = params.model_copy(update={"init": init})
    model, curves = train(make_training(shots=k_shot), params, mixtures=mixtures)
    assert weights(model).isfinite().all()
    assert model.source_hash == "rows"
    assert model.generator.sizes == {"hidden": 16, "n_peaks": 3}
    assert curves.series("step")[-1] == params.steps - 1


def test_the_same_seed_gives_the_same_bytes(training, params, mixtures):
    one, same, other = (
        weights(train(training, params, mixtures=mixtures, seed=seed)[0]) for seed in (3, 3, 4)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_the_curves_sum_up(training, params, mixtures):
    _, curves = train(training, params, mixtures=mixtures)
    parts = ("reconstruction", "kl", "composition", "adversarial")
    sums = sum(np.array(curves.series(name)) for name in parts)
    np.testing.assert_allclose(curves.series("generator"), sums, rtol=1e-4)
    critic = np.array(curves.series("penalty")) - curves.series("wasserstein")
    np.testing.assert_allclose(curves.series("critic"), critic, rtol=1e-4, atol=1e-5)
    assert curves.series("step") == [0, 5]


@pytest.mark.parametrize(
    ("name", "absent"),
    [
        ("no_gan", {"critic", "wasserstein", "penalty", "adversarial"}),
        ("no_composition", {"composition"}),
        ("flex_clip", set()),
    ],
)
def test_a_variant_has_its_own_terms_alone(training, params, tmp_path, name, absent):
    _, curves = train(training, params, variant=VARIANTS[name])
    curves.write_curves(tmp_path / "curves.csv")
    header = (tmp_path / "curves.csv").read_text().splitlines()[0].split(",")
    everything = {
        "step", "reconstruction", "kl", "composition", "adversarial",
        "generator", "critic", "wasserstein", "penalty",
    }  # fmt: skip
    assert set(header) == everything - absent


def test_an_adversarial_weight_of_zero_builds_no_critics(training, params):
    off = params.model_copy(update={"adversarial_weight": 0.0})
    _, curves = train(training, off)
    without, _ = train(training, params, variant=VARIANTS["no_gan"])
    assert torch.equal(weights(train(training, off)[0]), weights(without))
    with pytest.raises(KeyError):
        curves.series("critic")


def test_the_start_is_class_means_and_the_residuals_covariance(training, params):
    """Before the first step: means as estimated, and the joint covariance of source residuals."""
    model, curves = train(training, params.model_copy(update={"steps": 0, "latent_dim": 23}))
    estimated = class_means(training, prompt_weight=params.prompt_weight)
    for found, expected in zip(model.means, (estimated.image, estimated.text), strict=True):
        np.testing.assert_allclose(found, D**0.5 * expected, rtol=1e-5)
    source = ~training.is_support
    own = training.labels[source].argmax(1)
    joined = np.concatenate(
        [
            training.image[source] - estimated.image[own],
            training.text[source] - estimated.text[own],
        ],
        axis=1,
    )
    expected = D * joined.T @ joined / (source.sum() - 3)
    loadings = np.concatenate(list(model.residuals.loadings), axis=1)
    modelled = loadings.T @ loadings + np.diag(model.residuals.noise.ravel() ** 2)
    np.testing.assert_allclose(modelled, expected, atol=0.02)
    assert curves.series("step") == []


def test_training_lowers_its_loss_from_scratch(training, params):
    longer = params.model_copy(update={"init": "random", "steps": 120, "lr_generator": 3e-3})
    _, curves = train(training, longer, variant=VARIANTS["no_gan"])
    losses = curves.series("generator")
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:2])


def test_divergence_stops_with_one_line(training, params):
    wild = params.model_copy(update={"lr_generator": 1.0, "steps": 20})
    with pytest.raises(
        UserError,
        match=r"train_vaegan: loss '\w+' is (nan|-?inf) at step \d+; lower .* or the w",
    ):
        train(training, wild)


def test_one_row_per_class_is_enough_to_run(params):
    model, _ = train(make_training(shots=0, rows=1), params)
    assert weights(model).isfinite().all()


def test_identical_rows_are_enough_to_run(training, params, mixtures):
    same = replace(training, image=np.tile(training.image[:1], (len(training.image), 1)))
    model, _ = train(same, params, mixtures=mixtures)
    assert weights(model).isfinite().all()


def test_rows_with_several_classes_count_for_each(training, params):
    labels = training.labels.copy()
    labels[:30, 1] = True
    model, _ = train(replace(training, labels=labels), params)
    assert weights(model).isfinite().all()


def test_many_rows_are_subsampled(training, params, monkeypatch):
    monkeypatch.setattr(module, "MAX_PAIRS", 10)
    model, _ = train(training, params)
    joined = np.concatenate(list(model.residuals.loadings), axis=1)
    assert np.linalg.matrix_rank(joined) < 10
    assert weights(model).isfinite().all()


def test_a_variant_without_mixture_sees_no_peaks(training, params):
    model, _ = train(training, params, variant=Variant(mixture=False))
    assert model.generator.sizes["n_peaks"] == 0
