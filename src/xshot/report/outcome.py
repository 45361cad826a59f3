"""What a trained model made of the held-out rows: all that plots, figures and galleries draw on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xshot.episode.episode import Task
from xshot.episode.exam import Exam
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
    """Both systems on N rows of an exam.

    Attributes:
        classes: names of the C classes.
        is_target: (C,) bool.
        labels: (N, C) bool.
        image_rows: (N,) the first row that shows each row's picture.
        exam: which rows they are, and which of them ask and answer.
        systems: embeddings of `clip` and of `model`.
        evaluation: their metrics and per-query scores.
        gates: per modality (N,) how much of the projection each row takes; empty without a gate.
    """

    classes: tuple[str, ...]
    is_target: NDArray[np.bool_]
    labels: NDArray[np.bool_]
    image_rows: NDArray[np.int64]
    exam: Exam
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
    exam: Exam,
    *,
    threads: int,
    device: str,
    resamples: int,
    rng: np.random.Generator,
) -> Outcome:
    """Embed the rows of an exam, and score them as they are and as embedded.

    Args:
        embedder: the model.
        features: raw features of the exam's rows.
        task: names the classes.
        exam: labels of the rows, and which of them ask and answer.
        threads: threads that rank; no result depends on them.
        device: where to rank, `cpu` or `cuda:N`.
        resamples: of the test pictures, for the intervals; 0 = none.
        rng: draws the resamples.
    """
    labels, image_rows = exam.rows.multi_hot(task.classes), exam.rows.image_rows
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
        exam=exam,
        systems=systems,
        evaluation=evaluate_systems(
            systems,
            labels,
            task.is_target,
            image_rows=image_rows,
            asks=exam.asks,
            answers=exam.answers,
            threads=threads,
            device=device,
            resamples=resamples,
            rng=rng,
        ),
        gates=embedder.gates(features.image, features.text),
    )


def averaged(outcomes: Sequence[Outcome]) -> Outcome:
    """The first of several outcomes, with the mean metrics of all."""

    def mean(trees: Sequence[Any]) -> Any:
        if isinstance(trees[0], dict):
            return {key: mean([tree[key] for tree in trees]) for key in trees[0]}
        return round(float(np.mean(trees)), 5)

    first = outcomes[0]
    metrics = mean([outcome.evaluation.metrics for outcome in outcomes])
    return replace(first, evaluation=replace(first.evaluation, metrics=metrics))
