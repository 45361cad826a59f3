"""What a trained model made of the held-out rows: all that plots, figures and galleries draw on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xshot.retrieval.galleries import Embeddings
from xshot.retrieval.tree import Evaluation

SYSTEMS = ("clip", "model")
SYSTEM_NAMES = {"clip": "raw CLIP", "model": "model"}
DIRECTION_NAMES = {"i2t": "image → text", "t2i": "text → image"}
KINDS = ("target", "source")
MODALITIES = ("image", "text")


@dataclass(frozen=True)
class Outcome:
    """Both systems on the N held-out rows.

    Attributes:
        classes: names of the C classes.
        is_target: (C,) bool.
        labels: (N, C) bool.
        systems: embeddings of `clip` and of `model`.
        evaluation: their metrics and per-query scores.
        gates: per modality (N,) how much of the projection each row takes; empty without a gate.
    """

    classes: tuple[str, ...]
    is_target: NDArray[np.bool_]
    labels: NDArray[np.bool_]
    systems: dict[str, Embeddings]
    evaluation: Evaluation
    gates: dict[str, NDArray[np.float32]]

    @property
    def rows_of_kind(self) -> dict[str, NDArray[np.int64]]:
        """Rows of target classes and rows of source classes."""
        galleries = self.evaluation.galleries
        return {kind: galleries[kind].queries for kind in KINDS}
