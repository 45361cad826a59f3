"""Relative distance preservation: images lie to each other as their texts do.

GCRDP, L_RDP, in the form of relational distillation (Park et al., CVPR 2019, RKD-D): pairwise
distances, divided by their mean so that scale is free, compared by the Huber function. Both
modalities learn here; neither is a fixed teacher.
"""

from torch import Tensor
from torch.nn import functional as F


def distance_loss(embeddings: Tensor, distinct: Tensor | None = None) -> Tensor:
    """Huber difference between the relative distances among images and among texts.

    Args:
        embeddings: (2, N, D) unit norm; row n of both modalities is a pair.
        distinct: (N, N) bool, symmetric: rows that share neither picture nor text; None = all. Two
            pictures of one text have no distance among the texts to be compared with.

    Returns:
        Scalar: mean over the distinct pairs of rows; 0 without any.
    """
    if distinct is None:
        distinct = embeddings.new_ones(embeddings.shape[1], embeddings.shape[1]).bool()
    row, column = distinct.triu(1).nonzero(as_tuple=True)
    if not len(row):
        return embeddings.sum() * 0
    cosines = (embeddings @ embeddings.transpose(-1, -2))[:, row, column]
    # The square root's slope has no bound at 0: identical rows get none.
    distances = (2 - 2 * cosines).clamp_min(1e-8).sqrt()
    relative = distances / distances.mean(-1, keepdim=True)
    return F.huber_loss(relative[0], relative[1])
