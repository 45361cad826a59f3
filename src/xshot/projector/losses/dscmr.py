"""The objective of DSCMR: Deep Supervised Cross-Modal Retrieval (Zhen et al., CVPR 2019).

J = J1 + 1e-3 J2 + 1e-1 J3, weights as in the paper's published code.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

_PAIRWISE, _INVARIANCE = 1e-3, 1e-1


def dscmr_loss(embeddings: Tensor, class_weights: Tensor, labels: Tensor) -> Tensor:
    """The whole objective.

    Args:
        embeddings: (2, N, D) unit norm; row n of both modalities is a pair.
        class_weights: (C, D) the linear classifier P that both modalities share.
        labels: (N, C) multi-hot, float.
    """
    pairwise = _PAIRWISE * pairwise_loss(embeddings, labels)
    invariance = _INVARIANCE * invariance_loss(embeddings)
    return label_loss(embeddings, class_weights, labels) + pairwise + invariance


def label_loss(embeddings: Tensor, class_weights: Tensor, labels: Tensor) -> Tensor:
    """J1, discrimination in the label space: mean of ||P h - y||, summed over modalities."""
    errors: Tensor = torch.linalg.vector_norm(embeddings @ class_weights.T - labels, dim=-1)
    return errors.mean(-1).sum()


def pairwise_loss(embeddings: Tensor, labels: Tensor) -> Tensor:
    """J2, discrimination in the common space: logistic likelihood of "shares a class".

    Logits are half the cosines: across modalities, among images and among texts; mean over all
    pairs of rows, summed over the three.
    """
    same = (labels @ labels.T > 0).to(embeddings.dtype)
    image, text = embeddings
    logits = torch.stack([image @ text.T, image @ image.T, text @ text.T]) / 2
    return (F.softplus(logits) - same * logits).mean((-1, -2)).sum()


def invariance_loss(embeddings: Tensor) -> Tensor:
    """J3, modality invariance: mean distance between the two embeddings of a pair."""
    distances: Tensor = torch.linalg.vector_norm(embeddings[0] - embeddings[1], dim=-1)
    return distances.mean()
