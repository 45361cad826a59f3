from dataclasses import replace

import pytest
import torch

from xshot.projector.losses.classification import classification_loss
from xshot.projector.losses.contrastive import contrast_across, contrast_within
from xshot.projector.losses.distances import distance_loss
from xshot.projector.losses.dscmr import dscmr_loss
from xshot.projector.objective import Batch, loss_terms, positive_weights
from xshot.variants import VARIANTS

DISTINCT = torch.arange(4).expand(2, 4)
LABELS = torch.tensor([[1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 0]]).double()


@pytest.fixture
def batch(unit, generator):
    peaks = torch.rand(2, 4, 3, dtype=torch.float64, generator=generator)
    return Batch(unit(2, 4, 5), LABELS, peaks / peaks.sum(-1, keepdim=True), DISTINCT)


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


def repeated(batch, text_of):
    """The batch with texts shared between rows: row n has the text of row `text_of[n]`."""
    features = torch.stack([batch.features[0], batch.features[1][text_of]])
    return replace(batch, features=features, items=torch.stack([torch.arange(4), text_of]))


def test_a_shared_text_is_no_negative_of_its_other_pictures(batch, params):
    """Rows 0 and 1 share a text: each picture has it as its partner twice."""
    shared = repeated(batch, torch.tensor([0, 0, 2, 3]))
    positives = torch.eye(4).double()
    positives[0, 1] = positives[1, 0] = 1
    expected = contrast_across(shared.features, positives, temperature=0.2)
    assert torch.equal(terms_of("single_positive", shared, params)["contrast"], expected)


def test_a_text_that_other_classes_share_is_left_out(batch, params):
    """Row 2 has the text of row 0 but none of its classes: neither a positive nor a negative."""
    shared = repeated(batch, torch.tensor([0, 1, 0, 3]))
    logits = shared.features[0] @ shared.features[1].T / 0.2
    positives = positive_weights(shared).mean(0)
    total = 0.0
    for sims, weights in ((logits, positives), (logits.T, positives.T)):
        for i in range(4):
            kept = [j for j in range(4) if {i, j} != {0, 2}]
            norm = torch.logsumexp(sims[i, kept], 0)
            row = sum(weights[i, j] * (sims[i, j] - norm) for j in kept) / weights[i, kept].sum()
            total -= float(row) / 8
    assert float(terms_of("xshot", shared, params)["contrast"]) == pytest.approx(total)


def test_the_same_items_are_neither_compared_with_themselves_nor_given_a_distance(batch, params):
    """A batch that holds a row twice loses what it holds once, but for how often it counts."""
    double = batch.take(torch.tensor([0, 0, 1, 2, 3]))
    terms = terms_of("xshot", double, params)
    pairs = [(0, 2), (0, 3), (0, 4), (1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4)]
    distances = [torch.stack([(m[i] - m[j]).norm() for i, j in pairs]) for m in double.features]
    relative = [one / one.mean() for one in distances]
    expected = torch.nn.functional.huber_loss(*relative)
    assert float(terms["distances"]) == pytest.approx(params.distances * float(expected))
    alone = batch.take(torch.tensor([0, 0]))
    assert float(terms_of("xshot", alone, params)["contrast_within"]) == 0


def test_one_text_for_all_rows_keeps_every_gradient_finite(batch, params):
    shared = repeated(batch, torch.zeros(4, dtype=torch.long))
    for name in ("xshot", "single_positive", "flex_clip"):
        embeddings = shared.features.clone().requires_grad_()
        weights = torch.eye(3, 5, dtype=torch.float64)
        terms = loss_terms(embeddings, weights, shared, variant=VARIANTS[name], params=params)
        torch.stack(list(terms.values())).sum().backward()
        assert torch.isfinite(embeddings.grad).all(), name
