from dataclasses import replace

import pytest
import torch

from xshot.projector.losses.classification import classification_loss
from xshot.projector.losses.contrastive import contrast_across, contrast_within
from xshot.projector.losses.distances import distance_loss
from xshot.projector.losses.dscmr import dscmr_loss
from xshot.projector.objective import Batch, loss_terms, positive_weights
from xshot.variants import VARIANTS

LABELS = torch.tensor([[1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 0]]).double()


@pytest.fixture
def batch(unit, generator):
    peaks = torch.rand(2, 4, 3, dtype=torch.float64, generator=generator)
    return Batch(unit(2, 4, 5), LABELS, peaks / peaks.sum(-1, keepdim=True))


def terms_of(variant, batch, params):
    weights = torch.eye(3, 5, dtype=torch.float64)
    return loss_terms(batch.features, weights, batch, variant=VARIANTS[variant], params=params)


def test_each_term_is_its_loss_times_its_weight(batch, params):
    params = params.model_copy(
        update={"classification": 2.0, "contrast": 3.0, "contrast_within": 0.5, "distances": 7.0}
    )
    terms = terms_of("xshot", batch, params)
    embeddings, weights = batch.features, torch.eye(3, 5, dtype=torch.float64)
    positives = positive_weights(batch)
    shares = LABELS / LABELS.sum(-1, keepdim=True)
    expected = {
        "classification": 2 * classification_loss(embeddings, weights, shares, temperature=0.125),
        "contrast": 3 * contrast_across(embeddings, positives.mean(0), temperature=0.2),
        "contrast_within": 0.5 * contrast_within(embeddings, positives, temperature=0.2),
        "distances": 7 * distance_loss(embeddings),
    }
    assert terms.keys() == expected.keys()
    for name, value in expected.items():
        assert torch.equal(terms[name], value), name


@pytest.mark.parametrize(
    ("variant", "names"),
    [
        ("xshot", {"classification", "contrast", "contrast_within", "distances"}),
        ("gcrdp", {"classification", "contrast", "contrast_within", "distances"}),
        ("no_rdp", {"classification", "contrast", "contrast_within"}),
        ("single_positive", {"classification", "contrast", "distances"}),
        ("flex_clip", {"classification", "contrast"}),
        ("ungated", {"classification", "contrast"}),
        ("dscmr", {"dscmr"}),
    ],
)
def test_a_variant_has_its_terms_and_no_other(variant, names, batch, params):
    assert terms_of(variant, batch, params).keys() == names


@pytest.mark.parametrize("name", ["classification", "contrast", "contrast_within", "distances"])
def test_weight_zero_removes_the_term(name, batch, params):
    everything = terms_of("xshot", batch, params)
    terms = terms_of("xshot", batch, params.model_copy(update={name: 0.0}))
    assert terms.keys() == everything.keys() - {name}


def test_single_positive_is_the_own_partner(batch, params):
    own = contrast_across(batch.features, torch.eye(4).double(), temperature=0.2)
    assert torch.equal(terms_of("single_positive", batch, params)["contrast"], own)


def test_dscmr_is_its_own_objective(batch, params):
    weights = torch.eye(3, 5, dtype=torch.float64)
    assert torch.equal(
        terms_of("dscmr", batch, params)["dscmr"], dscmr_loss(batch.features, weights, LABELS)
    )


def test_positive_weights_equal_a_loop(batch):
    weights = positive_weights(batch)
    for m in range(2):
        for i in range(4):
            for j in range(4):
                shared = any(LABELS[i, c] and LABELS[j, c] for c in range(3))
                r_i, r_j = batch.responsibilities[m, i], batch.responsibilities[m, j]
                expected = (1 + float(r_i @ r_j)) / 2 if shared else 0.0
                assert float(weights[m, i, j]) == pytest.approx(expected)


def test_without_a_mixture_all_positives_count_alike(batch):
    weights = positive_weights(replace(batch, responsibilities=None))
    assert torch.equal(weights[0], (LABELS @ LABELS.T > 0).double())


def test_take_picks_the_same_pairs_everywhere(batch):
    rows = torch.tensor([2, 0, 2])
    taken = batch.take(rows)
    assert torch.equal(taken.features, batch.features[:, [2, 0, 2]])
    assert torch.equal(taken.labels, LABELS[[2, 0, 2]])
    assert torch.equal(taken.responsibilities, batch.responsibilities[:, [2, 0, 2]])
    assert replace(batch, responsibilities=None).take(rows).responsibilities is None
