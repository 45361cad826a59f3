"""A task as arrays: the features that training sees, centred, with labels and class prompts."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xshot.episode.episode import Task
from xshot.errors import UserError
from xshot.store.features import ClassFeatures, Features, read_class_features, read_features

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Centring:
    """The mean feature of each modality over the source training rows.

    Subtracting it closes the modality gap (Liang et al., NeurIPS 2022). Everything that is learned,
    class prompts included, lives in the centred space.

    Attributes:
        image: (D,) mean image feature; zero where the variant does not centre.
        text: (D,) mean text feature.
    """

    image: Matrix
    text: Matrix

    def of_image(self, features: Matrix) -> Matrix:
        """(N, D) image features -> (N, D), centred and re-normalised."""
        return normalise(features - self.image)

    def of_text(self, features: Matrix) -> Matrix:
        """(N, D) text or prompt features -> (N, D), centred and re-normalised."""
        return normalise(features - self.text)

    def of_side(self, features: Matrix, side: int) -> Matrix:
        """`of_image` for side 0, `of_text` for side 1."""
        return self.of_text(features) if side else self.of_image(features)

    def scaled(self, share: float) -> "Centring":
        """A centring that takes off only a share of the means; 0 takes off nothing."""
        return Centring(np.float32(share) * self.image, np.float32(share) * self.text)


@dataclass(frozen=True)
class TrainingSet:
    """What training sees of a task.

    Attributes:
        image: (N, D) centred unit-norm image features: source rows, then support rows.
        text: (N, D) the same pairs' text features.
        labels: (N, C) bool.
        is_support: (N,) bool.
        prompts: (C, D) centred unit-norm class embeddings a_c.
        is_target: (C,) bool.
        centring: what was subtracted.
        hash: identifies the rows learned from; artefacts record it.
        image_rows: (N,) for each row the first one of the same picture; None where each row has a
            picture of its own.
    """

    image: Matrix
    text: Matrix
    labels: NDArray[np.bool_]
    is_support: NDArray[np.bool_]
    prompts: Matrix
    is_target: NDArray[np.bool_]
    centring: Centring
    hash: str
    image_rows: NDArray[np.int64] | None = None

    @property
    def is_first(self) -> NDArray[np.bool_]:
        """(N,) bool: the first row of each picture."""
        if self.image_rows is None:
            return np.ones(len(self.image), bool)
        return np.asarray(self.image_rows == np.arange(len(self.image)))

    @property
    def weights(self) -> Matrix:
        """(N,) what a row counts: however many texts a picture has, its rows add up to 1."""
        if self.image_rows is None:
            return np.ones(len(self.image), np.float32)
        return row_weights(self.image_rows)

    @property
    def pictures(self) -> "TrainingSet":
        """The first row of each picture: images without repeats."""
        return self.take(np.flatnonzero(self.is_first))

    def take(
        self, rows: NDArray[np.int64], image_rows: NDArray[np.int64] | None = None
    ) -> "TrainingSet":
        """The pairs at `rows`; `image_rows` says which of them are of one picture."""
        return replace(
            self,
            image=self.image[rows],
            text=self.text[rows],
            labels=self.labels[rows],
            is_support=self.is_support[rows],
            image_rows=image_rows,
        )

    @property
    def dimensions(self) -> int:
        """D."""
        return int(self.image.shape[1])

    @property
    def n_classes(self) -> int:
        """C."""
        return int(self.prompts.shape[0])


def training_rows(task: Task) -> tuple[str, ...]:
    """The ids to read: source rows, then support rows."""
    return (*task.train.ids, *task.support.ids)


def read_training_set(path: Path, task: Task, *, centre: bool = True) -> TrainingSet:
    """What `make_training_set` makes of the rows of `task` in a feature table.

    Raises:
        UserError: the table is absent or damaged, or lacks a row or a class.
    """
    features = read_features(path, training_rows(task))
    return make_training_set(task, features, read_class_features(path), centre=centre)


def make_training_set(
    task: Task, features: Features, classes: ClassFeatures, *, centre: bool = True
) -> TrainingSet:
    """Arrays of `task` from the features of `training_rows(task)`, in that order.

    Raises:
        UserError: a class of the task has no prompt feature.
        ValueError: `features` are other rows, or in another order.
    """
    if features.ids != training_rows(task):
        raise ValueError("features must be those of training_rows(task), in that order")
    missing = sorted(set(task.classes) - set(classes.names))
    if missing:
        raise UserError(f"features: no prompt of class '{missing[0]}'; re-run `dvc repro extract`")
    n_source = len(task.train.ids)
    image_rows = task.train.followed_by(task.support).image_rows
    weights = row_weights(image_rows[:n_source])
    prompts = classes.features[[classes.names.index(name) for name in task.classes]]
    centring = Centring(
        *(_mean(side[:n_source], weights, centre) for side in (features.image, features.text))
    )
    labels = [rows.multi_hot(task.classes) for rows in (task.train, task.support)]
    return TrainingSet(
        image=centring.of_image(features.image),
        text=centring.of_text(features.text),
        labels=np.concatenate(labels),
        is_support=np.arange(len(features.ids)) >= n_source,
        prompts=centring.of_text(prompts),
        is_target=task.is_target,
        centring=centring,
        hash=features.hash,
        image_rows=image_rows,
    )


def row_weights(image_rows: NDArray[np.int64]) -> Matrix:
    """(N,) one over the number of rows that show the picture, given each row's first such row."""
    weights: Matrix = (1 / np.bincount(image_rows)[image_rows]).astype(np.float32)
    return weights


def normalise(features: Matrix) -> Matrix:
    """Rows scaled to unit norm."""
    norms = np.linalg.norm(features, axis=-1, keepdims=True)
    scaled: Matrix = (features / np.maximum(norms, 1e-12)).astype(np.float32)
    return scaled


def _mean(features: Matrix, weights: Matrix, centre: bool) -> Matrix:
    if not centre:
        return np.zeros(features.shape[1], np.float32)
    if (weights < 1).any():
        features = features * weights[:, None]
    total = features.sum(axis=0, dtype=np.float64) / weights.sum(dtype=np.float64)
    mean: Matrix = total.astype(np.float32)
    return mean
