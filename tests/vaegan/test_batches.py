import pytest
import torch

from xshot.vaegan.batches import Batch, Batches
from xshot.vaegan.proposals import Proposals

N, D, REPEATS = 5, 3, 4


@pytest.fixture
def pairs():
    """Row n holds the number n everywhere."""
    rows = torch.arange(float(N))[:, None]
    both = rows.expand(2, N, D)
    return Batch(both, both + 10, rows.expand(N, D) + 20, both[..., :2] + 30)


@pytest.fixture
def proposals():
    rows = torch.arange(N).repeat(REPEATS)
    turns = torch.arange(REPEATS).repeat_interleave(N)
    latent = torch.stack([rows, turns], dim=1).float()
    return Proposals(latent, latent.expand(2, -1, -1))


def make(pairs, proposals, noise, seed=0, weights=None):
    return Batches(
        pairs,
        proposals,
        weights=torch.ones(N) if weights is None else weights,
        shape=(3, 2, 64),
        condition_noise=noise,
        generator=torch.Generator().manual_seed(seed),
        device=torch.device("cpu"),
    )


def test_parts_of_a_batch_belong_to_the_same_rows(pairs, proposals):
    batch, drawn = make(pairs, proposals, 0.0).draw(1, -1)
    rows = batch.features[0, :, 0]
    assert set(rows.tolist()) == set(range(N))
    torch.testing.assert_close(batch.features, rows[:, None].expand(2, 64, D))
    torch.testing.assert_close(batch.base, batch.features + 10)
    torch.testing.assert_close(batch.condition, batch.features[0] + 20)
    torch.testing.assert_close(batch.peaks, batch.features[..., :2] + 30)
    torch.testing.assert_close(drawn.latent[:, 0], rows)
    assert set(drawn.latent[:, 1].tolist()) == set(range(REPEATS))
    torch.testing.assert_close(drawn.peaks[1], drawn.latent)


def test_every_place_is_a_batch_of_its_own(pairs, proposals):
    batches = make(pairs, proposals, 0.0)
    places = [(0, 0), (0, 1), (1, 0), (2, 1)]
    drawn = {tuple(batches.draw(*place)[0].features[0, :, 0].tolist()) for place in places}
    assert len(drawn) == 4


def test_conditions_are_blurred_by_as_much_as_told(pairs, proposals):
    batches = make(pairs, proposals, 0.5)
    noise = [
        batch.condition - batch.features[0] - 20
        for batch, _ in (batches.draw(step, 0) for step in range(3))
    ]
    assert float(torch.stack(noise).std()) == pytest.approx(0.5, rel=0.1)


def test_the_generator_alone_decides(pairs, proposals):
    one, same, other = (make(pairs, proposals, 0.5, seed).draw(2, 1)[0] for seed in (0, 0, 1))
    torch.testing.assert_close(one.condition, same.condition, rtol=0, atol=0)
    assert not torch.equal(one.condition, other.condition)


def test_pairs_are_drawn_as_often_as_their_weights_say(pairs, proposals):
    weights = torch.tensor([1.0, 0.25, 0.25, 0.25, 0.25])
    drawn = [
        make(pairs, proposals, 0.0, seed, weights).draw(place, turn)[0].features[0, :, 0]
        for seed in range(10)
        for place in range(3)
        for turn in range(2)
    ]
    share = torch.cat(drawn).long().bincount(minlength=N) / (60 * 64)
    torch.testing.assert_close(share, weights / 2, atol=0.03, rtol=0)
