import math

import pytest
import torch
from torch import nn

from xshot.paired import BOTH, IMAGE, TEXT
from xshot.projector.networks import GatedProjector


def make(generator, *, gate=True, gate_bias=-2.0):
    return GatedProjector(6, 8, gate=gate, gate_bias=gate_bias, generator=generator)


def test_projection_follows_the_formula(generator, unit):
    network = make(generator)
    nn.init.normal_(network.gate.weight, generator=generator)
    features = unit(2, 4, 6, dtype=torch.float32)
    for place in range(2):
        x = features[place]
        hidden = nn.functional.gelu(x @ network.inner.weight[place] + network.inner.bias[place])
        p = hidden @ network.outer.weight[place] + network.outer.bias[place]
        p = p / p.norm(dim=-1, keepdim=True)
        logit = torch.cat([x, p], -1) @ network.gate.weight[place] + network.gate.bias[place]
        g = 1 / (1 + torch.exp(-logit))
        h = g * p + (1 - g) * x
        expected = h / h.norm(dim=-1, keepdim=True)
        assert torch.allclose(network(features)[place], expected, atol=1e-5)
        assert torch.allclose(network.gates(features)[place], g[:, 0], atol=1e-5)


def test_every_sample_starts_at_the_gate_bias(generator, unit):
    gates = make(generator, gate_bias=-2.0).gates(unit(2, 5, 6, dtype=torch.float32))
    assert torch.allclose(gates, torch.full((2, 5), 1 / (1 + math.exp(2))))


def test_a_closed_gate_returns_the_input_and_an_open_one_the_projection(generator, unit):
    features = unit(2, 5, 6, dtype=torch.float32)
    closed = make(torch.Generator().manual_seed(1), gate_bias=-60.0)
    opened = make(torch.Generator().manual_seed(1), gate_bias=60.0)
    ungated = make(torch.Generator().manual_seed(1), gate=False)
    assert torch.allclose(closed(features), features, atol=1e-6)
    assert torch.allclose(opened(features), ungated(features), atol=1e-6)
    assert torch.equal(ungated.gates(features), torch.ones(2, 5))
    assert not hasattr(ungated.gate, "weight")


@pytest.mark.parametrize("gate", [True, False])
def test_one_modality_alone_is_its_part_of_both(generator, unit, gate):
    network = make(generator, gate=gate)
    features = unit(2, 5, 6, dtype=torch.float32)
    both = network(features, BOTH)
    for modality in (IMAGE, TEXT):
        assert torch.allclose(network(features[modality], modality), both[modality], atol=1e-6)
    assert torch.allclose(both.norm(dim=-1), torch.ones(2, 5), atol=1e-6)


def test_hidden_mask_of_ones_changes_nothing_and_of_zeros_leaves_the_bias(generator, unit):
    network = make(generator, gate=False)
    features = unit(2, 5, 6, dtype=torch.float32)
    assert torch.equal(network(features, hidden_mask=torch.ones(2, 5, 8)), network(features))
    bias = nn.functional.normalize(network.outer.bias, dim=-1).expand(2, 5, 6)
    assert torch.allclose(network(features, hidden_mask=torch.zeros(2, 5, 8)), bias, atol=1e-6)


def test_gradient(unit, generator):
    network = make(generator).double()
    parameters = list(network.parameters())
    features = unit(2, 3, 6)
    names = [name for name, _ in network.named_parameters()]

    def embed(*values):
        return torch.func.functional_call(network, dict(zip(names, values, strict=True)), features)

    assert torch.autograd.gradcheck(embed, tuple(parameters))


def test_the_same_generator_gives_the_same_network():
    first, second = (make(torch.Generator().manual_seed(3)) for _ in range(2))
    other = make(torch.Generator().manual_seed(4))
    assert torch.equal(first.inner.weight, second.inner.weight)
    assert not torch.equal(first.inner.weight, other.inner.weight)
