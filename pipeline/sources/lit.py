"""Projection heads on locked towers, trained contrastively (LiT, Zhai et al. 2022)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from xshot.progress import progress

EMBED_DIM = 256
EPOCHS = 15
BATCH_SIZE = 256
LEARNING_RATE = 1e-3
WEIGHT_DECAY = 0.5
FEATURE_DROPOUT = 0.2
START_TEMPERATURE = 0.07


@dataclass(frozen=True)
class Pairs:
    """Frozen features of image-text pairs: `images` (N, views, D_image), `texts` (N, D_text)."""

    images: Tensor
    texts: Tensor


@dataclass(frozen=True)
class Heads:
    """Linear maps without bias into the common space, (d, D_image) and (d, D_text)."""

    image: Tensor
    text: Tensor
    logit_scale: Tensor


def train_heads(data: Sequence[Pairs], *, seed: int = 0) -> Heads:
    """Train both heads with the symmetric InfoNCE; each epoch sees one random view of a pair."""
    generator = torch.Generator().manual_seed(seed)
    texts = torch.cat([pairs.texts for pairs in data])
    weights = [_start_weight(features.shape[-1], generator) for features in (data[0].images, texts)]
    logit_scale = nn.Parameter(torch.tensor(-math.log(START_TEMPERATURE)))
    optimiser = torch.optim.AdamW(
        [*weights, logit_scale], lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY
    )
    for _ in progress(range(EPOCHS), total=EPOCHS, unit="epoch", label="projection heads"):
        images = torch.cat([_one_view(pairs.images, generator) for pairs in data])
        order = torch.randperm(len(texts), generator=generator)
        for rows in torch.split(order, BATCH_SIZE):
            image, text = (
                F.normalize(_dropout(features[rows], generator) @ weight.T, dim=1)
                for features, weight in zip((images, texts), weights, strict=True)
            )
            loss = _info_nce(logit_scale.exp() * image @ text.T)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
    image_weight, text_weight = (weight.detach() for weight in weights)
    return Heads(image_weight, text_weight, logit_scale.detach())


def _start_weight(width: int, generator: torch.Generator) -> nn.Parameter:
    bound = 1 / math.sqrt(width)  # as nn.Linear starts
    return nn.Parameter((2 * torch.rand(EMBED_DIM, width, generator=generator) - 1) * bound)


def _one_view(images: Tensor, generator: torch.Generator) -> Tensor:
    n, views, _ = images.shape
    return images[torch.arange(n), torch.randint(views, (n,), generator=generator)]


def _dropout(features: Tensor, generator: torch.Generator) -> Tensor:
    keep = torch.rand(features.shape, generator=generator) >= FEATURE_DROPOUT
    return features * keep  # the scale does not matter: what follows is linear, then normalised


def _info_nce(logits: Tensor) -> Tensor:
    partners = torch.arange(len(logits))
    return (F.cross_entropy(logits, partners) + F.cross_entropy(logits.T, partners)) / 2
