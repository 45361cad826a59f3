"""What a trained model made of the held-out rows: all that plots, figures and galleries draw on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xshot.episode.episode import HeldOut, Task
from xshot.projector.embedder import Embedder
from xshot.retrieval.galleries import Embeddings
from xshot.retrieval.tree import Evaluation, evaluate_systems
from xshot.store.features import Features

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
        image_rows: (N,) the first row that shows each row's picture.
        systems: embeddings of `clip` and of `model`.
        evaluation: their metrics and per-query scores.
        gates: per modality (N,) how much of the projection each row takes; empty without a gate.
    """

    classes: tuple[str, ...]
    is_target: NDArray[np.bool_]
    labels: NDArray[np.bool_]
    image_rows: NDArray[np.int64]
    systems: dict[str, Embeddings]
    evaluation: Evaluation
    gates: dict[str, NDArray[np.float32]]

    @property
    def rows_of_kind(self) -> dict[tuple[str, str], NDArray[np.int64]]:
        """By kind of class and modality its rows: of those that show one picture the first."""
        galleries = self.evaluation.galleries
        return {
            (kind, modality): galleries[kind].queries[direction]
            for kind in KINDS
            for modality, direction in zip(MODALITIES, DIRECTION_NAMES, strict=True)
        }


def judge(
    embedder: Embedder,
    features: Features,
    task: Task,
    heldout: HeldOut,
    *,
    threads: int,
    resamples: int,
    rng: np.random.Generator,
) -> Outcome:
    """Embed the held-out rows, and score them as they are and as embedded.

    Args:
        embedder: the model.
        features: raw features of the held-out rows, source rows first.
        task: names the classes.
        heldout: labels of the rows.
        threads: threads that rank; no result depends on them.
        resamples: of the test pictures, for the intervals; 0 = none.
        rng: draws the resamples.
    """
    rows = heldout.test_source.followed_by(heldout.test_target)
    labels, image_rows = rows.multi_hot(task.classes), rows.image_rows
    systems = {
        "clip": Embeddings(features.image, features.text),
        "model": Embeddings(
            embedder.embed_image(features.image), embedder.embed_text(features.text)
        ),
    }
    return Outcome(
        classes=task.classes,
        is_target=task.is_target,
        labels=labels,
        image_rows=image_rows,
        systems=systems,
        evaluation=evaluate_systems(
            systems,
            labels,
            task.is_target,
            image_rows=image_rows,
            threads=threads,
            resamples=resamples,
            rng=rng,
        ),
        gates=embedder.gates(features.image, features.text),
    )
