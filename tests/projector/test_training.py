from dataclasses import replace

import numpy as np
import pytest
import torch

from xshot.errors import UserError
from xshot.projector.training import train_projector
from xshot.store.pseudo import PseudoFeatures
from xshot.variants import VARIANTS

CPU = torch.device("cpu")


def train(training, pseudo, mixtures, params, *, variant="xshot", steps=30, seed=3):
    return train_projector(
        training,
        pseudo,
        mixtures,
        variant=VARIANTS[variant],
        params=params,
        steps=steps,
        generator=torch.Generator().manual_seed(seed),
        device=CPU,
    )


def embed(network, training):
    return network(torch.from_numpy(np.stack([training.image, training.text])))


def test_training_brings_pairs_of_a_class_together(training, pseudo, mixtures, params):
    def gap(embeddings):
        cosines = embeddings[0] @ embeddings[1].T
        labels = torch.from_numpy(training.labels)
        same = labels.float() @ labels.float().T > 0
        return float(cosines[same].mean() - cosines[~same].mean())

    untrained, _ = train(training, pseudo, mixtures, params, steps=0)
    trained, curves = train(training, pseudo, mixtures, params, steps=60)
    assert gap(embed(trained, training)) > gap(embed(untrained, training)) + 0.05
    losses = curves.series("classification")
    assert np.mean(losses[-10:]) < np.mean(losses[:10])


def test_the_same_seed_gives_the_same_bytes(training, pseudo, mixtures, params):
    states = [
        train(training, pseudo, mixtures, params, seed=seed)[0].state_dict() for seed in (3, 3, 4)
    ]
    for name, tensor in states[0].items():
        assert torch.equal(tensor, states[1][name]), name
    assert not torch.equal(states[0]["inner.weight"], states[2]["inner.weight"])


def test_what_was_given_is_left_alone(training, pseudo, mixtures, params):
    prompts, image = training.prompts.copy(), training.image.copy()
    train(training, pseudo, mixtures, params)
    assert np.array_equal(training.prompts, prompts)
    assert np.array_equal(training.image, image)


def test_zero_shot_without_generation_learns_from_source_alone(
    training_without_support, mixtures, params
):
    nothing = PseudoFeatures.empty(8)
    network, curves = train(
        training_without_support, nothing, mixtures, params, variant="no_generation"
    )
    assert torch.isfinite(embed(network, training_without_support)).all()
    assert len(curves.series("classification")) == 30


@pytest.mark.parametrize("variant", ["flex_clip", "gcrdp", "ungated", "dscmr", "no_mixture"])
def test_every_kind_of_variant_trains(variant, training, pseudo, mixtures, params):
    parts = VARIANTS[variant]
    generated = pseudo if parts.generation else PseudoFeatures.empty(8)
    network, _ = train(
        training, generated, mixtures if parts.mixture else None, params, variant=variant
    )
    embeddings = embed(network, training)
    assert torch.allclose(embeddings.norm(dim=-1), torch.ones(embeddings.shape[:2]), atol=1e-5)
    assert (network.gate is None) == (not parts.gate)


def test_several_labels(training, pseudo, mixtures, params):
    labels = training.labels.copy()
    labels[:3, 1] = True  # source rows of two source classes
    labels[-1, 0] = True  # a support row with a source label too
    network, _ = train(replace(training, labels=labels), pseudo, mixtures, params)
    assert torch.isfinite(embed(network, training)).all()


def test_pseudo_features_matter(training, pseudo, mixtures, params):
    moved = replace(pseudo, image=pseudo.image[::-1].copy())
    first, second = (train(training, p, mixtures, params)[0] for p in (pseudo, moved))
    assert not torch.equal(first.inner.weight, second.inner.weight)


def test_divergence_is_one_line_that_names_loss_and_step(training, pseudo, mixtures, params):
    damaged = training.image.copy()
    damaged[:] = np.nan
    with pytest.raises(
        UserError,
        match=r"train_projector: loss '\w+' is nan at step 0; lower projector.lr or the w",
    ):
        train(replace(training, image=damaged), pseudo, mixtures, params)


def test_no_term_at_all_is_an_error(training, pseudo, mixtures, params):
    nothing = dict.fromkeys(("classification", "contrast", "contrast_within", "distances"), 0.0)
    with pytest.raises(UserError, match="every loss term is off"):
        train(training, pseudo, mixtures, params.model_copy(update=nothing))
