"""Classification in the common space: a sample is near the weight vector of its classes.

FLEX-CLIP, classification term of the common space projection; the cosine form, the temperature and
soft targets for several labels are our reading.
"""

from torch import Tensor
from torch.nn import functional as F


def classification_loss(
    embeddings: Tensor, class_weights: Tensor, targets: Tensor, *, temperature: float
) -> Tensor:
    """Cross-entropy of softmax(cosine / temperature), mean over samples and modalities.

    Args:
        embeddings: (M, N, D) unit norm.
        class_weights: (C, D), of any norm.
        targets: (N, C) class shares of each sample; rows sum to 1.
        temperature: divides the cosines.

    Returns:
        Scalar, at least the entropy of the targets.
    """
    cosines = embeddings @ F.normalize(class_weights, dim=-1).T
    log_posterior = F.log_softmax(cosines / temperature, dim=-1)
    return -(targets * log_posterior).sum(-1).mean()
