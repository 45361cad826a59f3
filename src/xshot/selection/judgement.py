"""How a model does on a pseudo-episode, class by class, and what two models differ by."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xshot.retrieval.galleries import DIRECTIONS, GALLERIES, Embeddings
from xshot.retrieval.tree import evaluate_systems
from xshot.selection.workbench import Workbench


@dataclass(frozen=True)
class Judgement:
    """mAP on one pseudo-episode, mean of both directions.

    Attributes:
        shares: (4, C) what the queries of each class add to the mAP of each of `GALLERIES`; a row
            sums to that mAP. A query with several classes counts for them in equal parts.
    """

    shares: NDArray[np.float64]

    @property
    def maps(self) -> dict[str, float]:
        """The mAP of each gallery."""
        return dict(zip(GALLERIES, self.shares.sum(axis=1).tolist(), strict=True))


def judge(bench: Workbench, embeddings: Embeddings) -> Judgement:
    """Judge the embeddings of a workbench's held-out rows."""
    evaluation = evaluate_systems(
        {"model": embeddings},
        bench.heldout_labels(),
        bench.task.is_target,
        image_rows=bench.heldout_rows().image_rows,
    )
    shares = np.zeros((len(GALLERIES), len(bench.task.classes)))
    for (_, name, direction), scores in evaluation.scores.items():
        gallery = evaluation.galleries[name]
        labels = gallery.labels[gallery.queries[direction]].astype(float)
        worth = scores.counted / max(1, scores.counted.sum()) / len(DIRECTIONS)
        of_class = labels / np.maximum(labels.sum(axis=1, keepdims=True), 1)
        # A query without a relevant item has no average precision.
        ap = np.where(scores.counted, scores.ap, 0)
        shares[GALLERIES.index(name)] += of_class.T @ (worth * ap)
    return Judgement(shares)


def criterion(judgements: Sequence[Judgement]) -> float:
    """What members are compared by: the mean mAP of all four galleries.

    A member that gains in one gallery by losing in another has to pay for it here.
    """
    return float(np.mean([one.shares.sum(axis=1).mean() for one in judgements]))


def balance(judgements: Sequence[Judgement]) -> float:
    """What calibrations are compared by: generalized mAP of target queries plus source mAP.

    Calibration moves queries between source and target classes and does nothing else.
    """
    return float(np.mean([one.maps["generalized"] + one.maps["source"] for one in judgements]))


def most_lost(one: Sequence[Judgement], other: Sequence[Judgement]) -> float:
    """By how much `one` is below `other` in mAP, in the gallery where that is most."""
    gaps = [(a.shares - b.shares).sum(axis=1) for a, b in zip(one, other, strict=True)]
    return -float(np.mean(gaps, axis=0).min())


def standard_error(one: Sequence[Judgement], other: Sequence[Judgement]) -> float:
    """Standard error of the difference of two criteria.

    Classes are what differs between the pseudo-episodes and the episode, so that they are what is
    sampled: the difference is a sum over classes, and its variance the classes' variance.
    """
    variance = 0.0
    for a, b in zip(one, other, strict=True):
        present = (a.shares + b.shares).any(axis=0)
        gaps = (a.shares - b.shares).mean(axis=0)[present]
        count = len(gaps)
        variance += count / max(1, count - 1) * float(((gaps - gaps.mean()) ** 2).sum())
    return float(np.sqrt(variance)) / len(one)
