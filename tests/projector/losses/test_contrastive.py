import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pytorch_metric_learning.losses import SupConLoss

from xshot.projector.losses.contrastive import contrast_across, contrast_within

TEMPERATURE = 0.2


def naive(anchors, candidates, positives, *, skip_self):
    """Weighted mean over positives of -log softmax; None where a row has no positive."""
    rows = []
    for i, anchor in enumerate(anchors):
        allowed = [j for j in range(len(candidates)) if not (skip_self and i == j)]
        logits = {j: float(anchor @ candidates[j]) / TEMPERATURE for j in allowed}
        total = math.log(sum(math.exp(z) for z in logits.values())) if allowed else 0.0
        weight = sum(float(positives[i, j]) for j in allowed)
        if weight > 0:
            value = sum(float(positives[i, j]) * (total - logits[j]) for j in allowed)
            rows.append(value / weight)
    return rows


def same_class(labels):
    return (labels[:, None] == labels[None]).double()


@pytest.fixture
def weights(generator):
    labels = torch.tensor([0, 0, 1, 1, 1, 2])
    return same_class(labels) * torch.rand(6, 6, dtype=torch.float64, generator=generator)


def test_across_equals_a_double_loop(unit, weights):
    embeddings = unit(2, 6, 5)
    loss = contrast_across(embeddings, weights, temperature=TEMPERATURE)
    image, text = embeddings
    forth = naive(image, text, weights, skip_self=False)
    back = naive(text, image, weights.T, skip_self=False)
    assert float(loss) == pytest.approx(sum(forth + back) / 12, abs=1e-12)


def test_within_equals_a_double_loop_that_leaves_out_lone_rows(unit, weights):
    embeddings = unit(2, 6, 5)
    loss = contrast_within(embeddings, weights, temperature=TEMPERATURE)
    rows = [
        row for modality in embeddings for row in naive(modality, modality, weights, skip_self=True)
    ]
    assert len(rows) == 10  # class 2 has one member
    assert float(loss) == pytest.approx(sum(rows) / len(rows), abs=1e-12)


def test_weights_may_differ_by_modality(unit, weights):
    embeddings = unit(2, 6, 5)
    both = torch.stack([weights, weights.T])
    loss = contrast_within(embeddings, both, temperature=TEMPERATURE)
    rows = [
        row
        for modality, positives in zip(embeddings, both, strict=True)
        for row in naive(modality, modality, positives, skip_self=True)
    ]
    assert float(loss) == pytest.approx(sum(rows) / len(rows), abs=1e-12)


def test_is_supcon_where_the_forms_coincide(unit):
    embeddings = unit(2, 8, 5)
    labels = torch.tensor([0, 0, 1, 1, 2, 2, 3, 3])
    supcon = SupConLoss(temperature=TEMPERATURE)
    image, text = embeddings
    across = contrast_across(embeddings, same_class(labels), temperature=TEMPERATURE)
    # A clone: where both are the same object, the library takes the diagonal for the row itself.
    forth = supcon(image, labels, ref_emb=text, ref_labels=labels.clone())
    back = supcon(text, labels, ref_emb=image, ref_labels=labels.clone())
    assert float(across) == pytest.approx(float(forth + back) / 2, abs=1e-9)
    within = contrast_within(embeddings[:1], same_class(labels), temperature=TEMPERATURE)
    assert float(within) == pytest.approx(float(supcon(image, labels)), abs=1e-9)


def test_own_partner_only_is_info_nce(unit):
    embeddings = unit(2, 6, 5)
    loss = contrast_across(embeddings, torch.eye(6).double(), temperature=TEMPERATURE)
    logits = embeddings[0] @ embeddings[1].T / TEMPERATURE
    partner = torch.arange(6)
    cross_entropy = torch.nn.functional.cross_entropy
    expected = (cross_entropy(logits, partner) + cross_entropy(logits.T, partner)) / 2
    assert float(loss) == pytest.approx(float(expected), abs=1e-12)


def test_hand_derived_value():
    """Two pairs on two axes: each row is right by 1 / t against 0: log(1 + e^(-1 / t))."""
    axes = torch.eye(2).expand(2, 2, 2)
    loss = contrast_across(axes, torch.eye(2), temperature=0.5)
    assert float(loss) == pytest.approx(math.log(1 + math.exp(-2)))


def test_gradient(unit, weights):
    embeddings = unit(2, 6, 4).requires_grad_()
    for term in (contrast_across, contrast_within):
        assert torch.autograd.gradcheck(
            lambda e, t=term: t(e, weights, temperature=0.5), embeddings
        )


@pytest.mark.parametrize("term", [contrast_across, contrast_within])
def test_no_positives_cost_nothing_and_move_nothing(unit, term):
    embeddings = unit(2, 4, 3).requires_grad_()
    loss = term(embeddings, torch.zeros(4, 4).double(), temperature=TEMPERATURE)
    loss.backward()
    assert loss.item() == 0
    assert torch.equal(embeddings.grad, torch.zeros_like(embeddings))


def test_a_single_row_has_nobody_within(unit):
    embeddings = unit(2, 1, 3).requires_grad_()
    loss = contrast_within(embeddings, torch.ones(1, 1).double(), temperature=TEMPERATURE)
    loss.backward()
    assert loss.item() == 0
    assert torch.isfinite(embeddings.grad).all()


def test_identical_rows_of_one_class_are_as_uniform_as_can_be(unit):
    """All candidates alike: every positive has probability 1 / N."""
    embeddings = unit(1, 1, 3).expand(2, 5, 3)
    loss = contrast_across(embeddings, torch.ones(5, 5).double(), temperature=TEMPERATURE)
    assert float(loss) == pytest.approx(math.log(5))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=2, max_size=7), st.integers(0, 99))
def test_does_not_depend_on_the_order_of_pairs(labels, seed):
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randn(2, len(labels), 4, dtype=torch.float64, generator=generator)
    embeddings = torch.nn.functional.normalize(rows, dim=-1)
    positives = same_class(torch.tensor(labels))
    order = torch.randperm(len(labels), generator=generator)
    for term in (contrast_across, contrast_within):
        loss = term(embeddings, positives, temperature=TEMPERATURE)
        shuffled = term(embeddings[:, order], positives[order][:, order], temperature=TEMPERATURE)
        assert float(loss) == pytest.approx(float(shuffled), abs=1e-10)
