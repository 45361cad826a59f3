"""Preparing the towers changes their features by rounding at most."""

import copy

import pytest
import timm
import torch
from torch import nn

from tests.encoder.folders import open_clip_model
from xshot.encoder.towers import fold_batch_norm, lower_precision, takes_short_texts, text_features


def norms(module):
    return [m for m in module.modules() if isinstance(m, nn.BatchNorm2d)]


def spread(tower):
    """As after training: a fresh batch normalisation is nearly the identity."""
    generator = torch.Generator().manual_seed(0)
    for norm in norms(tower):
        for tensor, low in ((norm.weight, 0.5), (norm.running_var, 0.5), (norm.bias, -0.5)):
            tensor.data = low + torch.rand(tensor.shape, generator=generator)
    return tower.eval()


def pixels(size, rows=3):
    return torch.rand((rows, 3, size, size), generator=torch.Generator().manual_seed(1))


def samples(model):
    size = model.visual.image_size
    return pixels(size[0] if isinstance(size, tuple) else size, rows=2)


@torch.no_grad()
@pytest.mark.parametrize("name", ["test_efficientnet", "test_resnet", "test_byobnet"])
def test_folding_leaves_the_features_and_no_normalisation(name):
    tower = spread(timm.create_model(name, num_classes=0))
    before = tower(pixels(64))
    folded = fold_batch_norm(tower, pixels(64, rows=2))
    assert norms(tower)
    assert not norms(folded)
    torch.testing.assert_close(folded(pixels(64)), before, atol=1e-4, rtol=1e-4)


class NormFirst(nn.Module):
    """Registered in another order than computed: the normalisation comes first."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3)
        self.norm = nn.BatchNorm2d(3)

    def forward(self, x):
        return self.conv(self.norm(x)).mean((2, 3))


@torch.no_grad()
def test_a_tower_that_computes_in_another_order_stays_as_it_is():
    tower = spread(NormFirst())
    assert fold_batch_norm(tower, pixels(8)) is tower
    assert norms(tower)


def test_a_tower_without_normalisation_stays_as_it_is(vit_folder):
    tower = open_clip_model(vit_folder)[0].visual
    assert fold_batch_norm(tower, pixels(32)) is tower


@torch.no_grad()
@pytest.mark.parametrize("fold", [False, True])
def test_bfloat16_images_stay_within_a_cosine_of_0_999(folder, fold):
    model, _ = open_clip_model(folder)
    x = torch.cat([samples(model), samples(model).flip(3)])
    before = model.encode_image(x)
    if fold:
        model.visual = fold_batch_norm(model.visual, x)
    lower_precision(model, torch.bfloat16, samples(model))
    assert torch.cosine_similarity(model.encode_image(x).float(), before).min() > 0.999
    assert {p.dtype for p in model.visual.parameters()} >= {torch.bfloat16}


@torch.no_grad()
def test_bfloat16_texts_stay_within_a_cosine_of_0_999(folder):
    model, _ = open_clip_model(folder)
    tokens = torch.randint(5, 12, (6, 12), generator=torch.Generator().manual_seed(0))
    if not takes_short_texts(model):
        tokens = nn.functional.pad(tokens, (0, 4))
    before = text_features(model, tokens)
    lower_precision(model, torch.bfloat16, samples(model))
    assert torch.cosine_similarity(text_features(model, tokens).float(), before).min() > 0.999


@torch.no_grad()
def test_first_convolutions_and_normalisations_stay_exact(lite_folder):
    model, _ = open_clip_model(lite_folder)
    before = copy.deepcopy(model.visual.state_dict())
    lower_precision(model, torch.bfloat16, samples(model))
    after = model.visual.state_dict()
    exact = {name for name, tensor in after.items() if tensor.dtype == torch.float32}
    assert all(torch.equal(after[name], before[name]) for name in exact)
    convolutions = [n for n, m in model.visual.named_modules() if isinstance(m, nn.Conv2d)]
    assert [f"{name}.weight" in exact for name in convolutions[:5]] == [True] * 3 + [False] * 2
    assert all(norm.weight.dtype == torch.float32 for norm in norms(model.visual))


def test_who_takes_short_texts(vit_folder, lite_folder, siglip_folder):
    takes = [takes_short_texts(open_clip_model(f)[0]) for f in (vit_folder, lite_folder)]
    assert takes == [True, True]
    assert not takes_short_texts(open_clip_model(siglip_folder)[0])


@torch.no_grad()
def test_a_short_text_has_the_features_of_the_padded_one(vit_folder, lite_folder):
    for folder, end, context in ((vit_folder, 49407, 24), (lite_folder, 3, 12)):
        model, _ = open_clip_model(folder)
        tokens = torch.tensor([[6, 7, 5, end, 0, 0], [9, 8, 7, 6, 5, end]])
        padded = nn.functional.pad(tokens, (0, context - tokens.shape[1]))
        expected = model.encode_text(padded)
        torch.testing.assert_close(text_features(model, tokens), expected, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(text_features(model, padded), expected, atol=1e-5, rtol=1e-4)
