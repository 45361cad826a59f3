import pytest
import torch
from torch.nn import functional as F

from pipeline.sources import lit
from pipeline.sources.lit import EMBED_DIM, Pairs, train_heads


def _pairs(n: int, *, views: int, seed: int) -> Pairs:
    """Both modalities show the same 8 latent numbers through fixed random maps, with noise."""
    maps = torch.Generator().manual_seed(7)
    to_image = torch.randn(8, 40, generator=maps)
    to_text = torch.randn(8, 24, generator=maps)
    generator = torch.Generator().manual_seed(seed)
    latent = torch.randn(n, 8, generator=generator)
    noise = 0.1 * torch.randn(n, views, 40, generator=generator)
    return Pairs((latent @ to_image)[:, None] + noise, latent @ to_text)


def _recall_at_1(pairs: Pairs, heads: lit.Heads) -> float:
    image = F.normalize(pairs.images[:, 0] @ heads.image.T, dim=1)
    text = F.normalize(pairs.texts @ heads.text.T, dim=1)
    hits = (image @ text.T).argmax(dim=1) == torch.arange(len(image))
    return float(hits.float().mean())


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lit, "EPOCHS", 1)


def test_the_heads_pair_what_they_have_never_seen():
    heads = train_heads([_pairs(300, views=4, seed=0), _pairs(100, views=1, seed=1)])
    assert heads.image.shape == (EMBED_DIM, 40)
    assert heads.text.shape == (EMBED_DIM, 24)
    held_out = _pairs(50, views=1, seed=2)
    assert _recall_at_1(held_out, heads) > 0.5  # chance: 0.02


def test_training_is_byte_identical_and_depends_on_the_seed(brief):
    data = [_pairs(64, views=4, seed=0)]
    first, again, other = (train_heads(data, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(first.image, again.image)
    assert torch.equal(first.text, again.text)
    assert torch.equal(first.logit_scale, again.logit_scale)
    assert not torch.equal(first.image, other.image)


def test_training_neither_draws_from_nor_seeds_the_global_generator(brief):
    before = torch.random.get_rng_state()
    train_heads([_pairs(16, views=2, seed=0)])
    assert torch.equal(before, torch.random.get_rng_state())


def test_heads_start_as_a_linear_layer_does():
    weight = lit._start_weight(400, torch.Generator().manual_seed(0)).detach()
    reference = torch.nn.Linear(400, EMBED_DIM, bias=False).weight.detach()
    assert float(weight.std()) == pytest.approx(float(reference.std()), rel=0.02)
    assert float(weight.abs().max()) == pytest.approx(float(reference.abs().max()), rel=0.02)
    assert abs(float(weight.mean())) < 1e-3


def test_the_loss_equals_the_definition():
    logits = torch.randn(5, 5, generator=torch.Generator().manual_seed(0))
    rows = -torch.log_softmax(logits, dim=1).diagonal().mean()
    columns = -torch.log_softmax(logits, dim=0).diagonal().mean()
    torch.testing.assert_close(lit._info_nce(logits), (rows + columns) / 2)
