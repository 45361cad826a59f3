"""The terms of the projection's training loss, as the variant and the weights ask for them."""

from dataclasses import dataclass

import torch
from torch import Tensor

from xshot.projector.losses.classification import classification_loss
from xshot.projector.losses.contrastive import contrast_across, contrast_within
from xshot.projector.losses.distances import distance_loss
from xshot.projector.losses.dscmr import dscmr_loss
from xshot.projector.params import ProjectorParams
from xshot.variants import Variant


@dataclass(frozen=True)
class Batch:
    """Training pairs.

    Attributes:
        features: (2, N, D) centred image and text features.
        labels: (N, C) multi-hot, float.
        responsibilities: (2, N, J) of the mixtures' components, or None without a mixture.
        items: (2, N) numbers of the pictures and of the texts: equal where the item is the same.
    """

    features: Tensor
    labels: Tensor
    responsibilities: Tensor | None
    items: Tensor

    def take(self, rows: Tensor) -> "Batch":
        """The pairs at `rows`."""
        peaks = self.responsibilities
        return Batch(
            self.features[:, rows],
            self.labels[rows],
            None if peaks is None else peaks[:, rows],
            self.items[:, rows],
        )

    def to(self, device: torch.device) -> "Batch":
        """The same pairs on `device`."""
        peaks = self.responsibilities
        return Batch(
            self.features.to(device),
            self.labels.to(device),
            None if peaks is None else peaks.to(device),
            self.items.to(device),
        )

    def same_items(self) -> Tensor:
        """(2, N, N) bool: which rows hold the same picture, and which the same text."""
        return self.items[:, :, None] == self.items[:, None]


def loss_terms(
    embeddings: Tensor,
    class_weights: Tensor,
    batch: Batch,
    *,
    variant: Variant,
    params: ProjectorParams,
) -> dict[str, Tensor]:
    """The weighted terms by name; their sum is the loss. What is off is not computed.

    The same text of many pictures, or a row that a batch holds twice, is one item: never a negative
    of its own partner, never compared with itself.

    Args:
        embeddings: (2, N, D) unit norm, of `batch.features`.
        class_weights: (C, D).
        batch: what was embedded.
        variant: which terms there are.
        params: their weights and temperatures.
    """
    if variant.objective == "dscmr":
        return {"dscmr": dscmr_loss(embeddings, class_weights, batch.labels)}
    terms = {}
    same = batch.same_items()
    partners = same.any(0)
    if params.classification:
        shares = batch.labels / batch.labels.sum(-1, keepdim=True)
        terms["classification"] = params.classification * classification_loss(
            embeddings, class_weights, shares, temperature=params.class_temperature
        )
    if variant.contrast == "single" and params.contrast:
        terms["contrast"] = params.contrast * contrast_across(
            embeddings,
            partners.to(embeddings.dtype),
            partners,
            temperature=params.contrast_temperature,
        )
    if variant.contrast == "multi" and (params.contrast or params.contrast_within):
        positives = positive_weights(batch)
        if params.contrast:
            terms["contrast"] = params.contrast * contrast_across(
                embeddings,
                positives.mean(0),
                partners,
                temperature=params.contrast_temperature,
            )
        if params.contrast_within:
            terms["contrast_within"] = params.contrast_within * contrast_within(
                embeddings, positives, same, temperature=params.contrast_temperature
            )
    if variant.distances and params.distances:
        terms["distances"] = params.distances * distance_loss(embeddings, ~partners)
    return terms


def positive_weights(batch: Batch) -> Tensor:
    """How much two pairs count as each other's positives: (1 or 2, N, N), 0 without a shared class.

    GCRDP weighs positives by the mixture; our reading: (1 + r_i . r_j) / 2 per modality, so that
    pairs on the same peak of a class draw each other at full weight, pairs on other peaks at half.
    """
    shared = (batch.labels @ batch.labels.T > 0).to(batch.labels.dtype)
    if batch.responsibilities is None:
        return shared[None]
    agreement = batch.responsibilities @ batch.responsibilities.transpose(-1, -2)
    return shared * (1 + agreement) / 2
