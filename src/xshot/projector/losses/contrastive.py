"""Multi-positive contrast, within and across modalities.

GCRDP, L_MPC, in the form of SupCon (Khosla et al., NeurIPS 2020, L_out): all samples that share a
class are positives; the weights let positives of the same mixture component count for more. With
the sample's own partner as the only positive it is InfoNCE.
"""

import torch
from torch import Tensor


def contrast_across(
    embeddings: Tensor, positives: Tensor, partners: Tensor | None = None, *, temperature: float
) -> Tensor:
    """Image to text and text to image: mean of both directions.

    Args:
        embeddings: (2, N, D) unit norm; row n of both modalities is a pair.
        positives: (N, N) non-negative weights; 0 = not a positive.
        partners: (N, N) bool, the diagonal set: pairs that share an item; None = none do. A
            partner that is no positive (the same text in another class) is no negative either: it
            is left out.
        temperature: divides the cosines.
    """
    logits = embeddings[0] @ embeddings[1].T / temperature
    if partners is not None:
        logits = logits.masked_fill(partners & (positives == 0), -torch.inf)
    both = torch.stack([logits, logits.T])
    return weighted_contrast(both, torch.stack([positives, positives.T]))


def contrast_within(
    embeddings: Tensor, positives: Tensor, itself: Tensor | None = None, *, temperature: float
) -> Tensor:
    """Within each modality, an item never its own positive or negative: mean over modalities.

    Args:
        embeddings: (M, N, D) unit norm.
        positives: (N, N) or (M, N, N) non-negative weights; ignored where `itself` is set.
        itself: (M, N, N) bool, the diagonal set: rows that hold the same item; None = none do.
        temperature: divides the cosines.
    """
    if itself is None:
        itself = torch.eye(embeddings.shape[1], dtype=torch.bool, device=embeddings.device)
    logits = embeddings @ embeddings.transpose(-1, -2) / temperature
    others = positives.expand_as(logits).masked_fill(itself, 0)
    return weighted_contrast(logits.masked_fill(itself, -torch.inf), others)


def weighted_contrast(logits: Tensor, positives: Tensor) -> Tensor:
    """Minus the weighted mean log-probability of each row's positives, mean over the rows.

    Args:
        logits: (..., N, N); -inf takes a candidate out.
        positives: the same shape, non-negative weights.

    Returns:
        Scalar; rows without a positive are left out, 0 if there is none at all.
    """
    # -inf * 0 is not a number, in the gradient too: candidates that were taken out hold 0, and so
    # does a row of which all were.
    taken_out = torch.isinf(logits)
    logits = logits.masked_fill(taken_out.all(-1, keepdim=True), 0)
    log_probability = torch.log_softmax(logits, dim=-1).masked_fill(taken_out, 0)
    totals = positives.sum(-1)
    rows = (positives * log_probability).sum(-1) / totals.clamp_min(1e-12)
    return -rows.sum() / (totals > 0).sum().clamp_min(1)
