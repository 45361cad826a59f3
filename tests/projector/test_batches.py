import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xshot.projector.batches import Pools, draw_balanced, draw_batches

N, C = 60, 6


@pytest.fixture
def pools():
    """Rows 0-39 source (classes 0-2, unevenly), 40-45 support and 46-59 pseudo (classes 3-5)."""
    empty = np.zeros((N, C), bool)
    source, support, pseudo = empty.copy(), empty.copy(), empty.copy()
    source[np.arange(40), np.r_[np.zeros(30, int), np.ones(8, int), 2, 2]] = True
    support[np.arange(40, 46), np.arange(6) % 3 + 3] = True
    pseudo[np.arange(46, 60), np.arange(14) % 3 + 3] = True
    return Pools(source, support, pseudo)


def shares(rows):
    return [float(np.mean(part)) for part in (rows < 40, (rows >= 40) & (rows < 46), rows >= 46)]


def without(pools, **parts):
    empty = np.zeros((N, C), bool)
    return Pools(**{"source": pools.source, "support": empty, "pseudo": empty, **parts})


def test_half_source_and_the_target_half_shared(pools, generator):
    rows = draw_batches(pools, steps=5, batch_size=16, generator=generator)
    assert rows.shape == (5, 16)
    for batch in rows:
        assert shares(batch) == [0.5, 0.25, 0.25]


def test_pseudo_alone_support_alone_and_source_alone(pools, generator):
    draw = {"steps": 4, "batch_size": 16, "generator": generator}
    assert shares(draw_batches(without(pools, pseudo=pools.pseudo), **draw)) == [0.5, 0, 0.5]
    assert shares(draw_batches(without(pools, support=pools.support), **draw)) == [0.5, 0.5, 0]
    assert shares(draw_batches(without(pools), **draw)) == [1, 0, 0]


@settings(deadline=None, max_examples=20)
@given(st.integers(4, 41))
def test_every_batch_is_full(batch_size):
    labels = np.eye(8, dtype=bool)
    pools = Pools(labels & (np.arange(8) < 4), labels & (np.arange(8) == 5), labels & False)
    generator = torch.Generator().manual_seed(batch_size)
    rows = draw_batches(pools, steps=3, batch_size=batch_size, generator=generator)
    assert rows.shape == (3, batch_size)
    assert ((rows < 4).sum(axis=1) == batch_size - batch_size // 2).all()


def test_classes_come_equally_often_however_large(pools, generator):
    rows = draw_balanced(pools.source, (1, 3000), generator)[0]
    by_class = [pools.source[rows, c].mean() for c in range(3)]
    assert by_class == pytest.approx([1 / 3] * 3, abs=0.04)
    counts = np.bincount(rows, minlength=40)[:30]  # rows of the largest class, alike
    assert counts.min() > 0
    assert counts.max() < 3 * counts.mean()


def test_a_row_of_several_classes_is_drawn_for_each_of_them(generator):
    labels = np.zeros((3, 3), bool)
    labels[0] = True  # row 0 has every class, row 1 only the first
    labels[1, 0] = True
    rows = draw_balanced(labels, (1, 3000), generator)[0]
    assert np.bincount(rows, minlength=3) / 3000 == pytest.approx([5 / 6, 1 / 6, 0], abs=0.03)


def test_the_same_generator_draws_the_same_batches(pools):
    draws = [
        draw_batches(pools, steps=3, batch_size=8, generator=torch.Generator().manual_seed(seed))
        for seed in (1, 1, 2)
    ]
    assert np.array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])


def test_weights_say_how_often_a_row_comes_beside_others_of_its_class(pools, generator):
    weights = np.ones(N, np.float32)
    weights[[0, 1, 2, 3, 38]] = 0.25  # four texts of one picture; half a class of two rows
    rows = draw_balanced(pools.source, (1, 30_000), generator, weights)[0]
    counts = np.bincount(rows, minlength=40) / 10_000
    assert counts[:4].sum() == pytest.approx(1 / 27, abs=0.01)
    assert counts[38] == pytest.approx(1 / 5, abs=0.02)
    assert counts[39] == pytest.approx(4 / 5, abs=0.02)
    assert (counts[:40] > 0).all()


def test_equal_weights_draw_what_none_draw(pools):
    draws = [
        draw_balanced(pools.source, (7, 9), torch.Generator().manual_seed(3), weights)
        for weights in (None, np.full(N, 0.2, np.float32))
    ]
    assert np.array_equal(*draws)
