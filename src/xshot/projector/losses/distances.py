"""Relative distance preservation: images lie to each other as their texts do.

GCRDP, L_RDP, in the form of relational distillation (Park et al., CVPR 2019, RKD-D): pairwise
distances, divided by their mean so that scale is free, compared by the Huber function. Both
modalities learn here; neither is a fixed teacher.
"""

import torch
from torch import Tensor
from torch.nn import functional as F


def distance_loss(embeddings: Tensor) -> Tensor:
    """Huber difference between the relative distances among images and among texts.

    Args:
        embeddings: (2, N, D) unit norm; row n of both modalities is a pair.

    Returns:
        Scalar: mean over the N * (N - 1) ordered pairs; 0 for fewer than 2 rows.
    """
    n = embeddings.shape[1]
    if n < 2:
        return embeddings.sum() * 0
    row, column = torch.triu_indices(n, n, offset=1, device=embeddings.device)
    cosines = (embeddings @ embeddings.transpose(-1, -2))[:, row, column]
    # The square root's slope has no bound at 0: identical rows get none.
    distances = (2 - 2 * cosines).clamp_min(1e-8).sqrt()
    relative = distances / distances.mean(-1, keepdim=True)
    return F.huber_loss(relative[0], relative[1])
