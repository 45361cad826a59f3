"""Further classes for a trained model, without training.

To the class-posterior coordinates a class is its prompt, the mean that the prompt predicts, and its
support. What a further class needs is in the model: the prompts, the metric within classes, and
the other classes' rows, from which its own mean is predicted and among which the linear classifiers
set it apart. So its coordinates equal those that it would have had from the start, up to rounding;
only where a class had more than `MAX_MEMBERS` rows does the prediction rest on the ones kept. The
gated projection and the weights of the evidence stay as they were trained, and so do the
classifiers of trained baselines, to which a further class is its prompt and its untrained rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xshot.episode.class_means import estimate_means
from xshot.episode.training_set import Matrix, normalise
from xshot.projector.classifiers import with_classifiers
from xshot.projector.coordinates import Coordinates
from xshot.projector.embedder import Embedder, project
from xshot.projector.evidence import MAX_MEMBERS, Evidence


@dataclass(frozen=True)
class NewClass:
    """A class that the model was not trained with.

    Attributes:
        name: what it is called.
        prompt: (D,) CLIP feature of the name: unit-norm mean over the prompt templates.
        image: (K, D) CLIP features of example images, K >= 0.
        text: (J, D) CLIP features of example texts, J >= 0.
    """

    name: str
    prompt: Matrix
    image: Matrix
    text: Matrix


def add_classes(embedder: Embedder, classes: Sequence[NewClass]) -> Embedder:
    """`embedder`, as it was trained and with coordinates, with more target classes behind its own.

    Raises:
        ValueError: the model has no coordinates.
    """
    if not classes:
        return embedder
    if embedder.coordinates is None:
        raise ValueError("a model without class-posterior coordinates knows no classes")
    centring, images = embedder.centring, embedder.coordinates[0].evidence
    prompts = centring.of_text(np.stack([new.prompt for new in classes]))
    supports = (
        [_thinned(centring.of_image(new.image)) for new in classes],
        [_thinned(centring.of_text(new.text)) for new in classes],
    )
    image, text = (
        _extended(known, prompts, support, embedder, side, images=images)
        for side, (known, support) in enumerate(zip(embedder.coordinates, supports, strict=True))
    )
    if len(images.classifiers):
        image, text = with_classifiers(image, text)
    is_target = np.append(embedder.coordinates[0].is_target, np.ones(len(classes), bool))
    of_image, of_text = (
        replace(known, evidence=evidence, is_target=is_target)
        for known, evidence in zip(embedder.coordinates, (image, text), strict=True)
    )
    return replace(embedder, coordinates=(of_image, of_text))


def _extended(
    coordinates: Coordinates,
    prompts: Matrix,
    supports: list[Matrix],
    embedder: Embedder,
    side: int,
    *,
    images: Evidence,
) -> Evidence:
    """One modality's evidence with the classes of `prompts` (A, D) and their `supports`.

    All but the classifiers, which learn from both modalities' members.

    What a prompt is worth is read off the evidence of `images`: there a picture is one row.
    """
    known, count = coordinates.evidence, len(prompts)
    members, labels = np.concatenate(supports), _one_hot(supports)
    if not known.logarithmic:  # caches hold rows only
        return replace(
            known,
            prompts=np.concatenate([known.prompts, prompts]),
            members=np.concatenate([known.members, members]),
            shares=_beside(known.shares, labels / np.maximum(labels.sum(axis=0), 1)),
        )
    weight = _prompt_weight(images)
    rows, labels_of_rows = _recovered_rows(known)
    prompts = np.concatenate([known.prompts, prompts])
    is_target = np.append(coordinates.is_target, np.ones(count, bool))
    nameless = _beside(labels_of_rows, np.zeros((0, count)))
    named = _class_means(rows, nameless, prompts, is_target, weight)[-count:]
    worth = np.concatenate([labels, weight * np.eye(count)])
    prototypes = known.prototypes
    if len(prototypes):
        means = _class_means(
            project(embedder.projector, np.concatenate([rows, members]), side),
            _beside(labels_of_rows, labels),
            project(embedder.projector, prompts, 1),
            is_target,
            weight,
        )
        prototypes = np.concatenate([prototypes, normalise(means[-count:])])
    members = normalise(np.concatenate([members, named]) @ known.metric)
    # Rows before class means, old and new: what was added can be saved and added to.
    order = _rows_before_means(len(rows), len(known.members), len(labels), count)
    return replace(
        known,
        prompts=prompts,
        members=np.concatenate([known.members, members])[order],
        shares=_beside(known.shares, worth / worth.sum(axis=0))[order],
        prototypes=prototypes,
    )


def labelled_rows(known: Evidence) -> tuple[Matrix, NDArray[np.bool_]]:
    """The rows (M, D) that a model keeps of a modality, centred, and their classes (M, C)."""
    if not known.logarithmic:
        return known.members, known.shares > 0
    rows, counts = _recovered_rows(known)
    return rows, counts > 0


def _rows_before_means(n_rows: int, n_known: int, n_added: int, n_new: int) -> NDArray[np.int64]:
    """Places of known rows, added rows, known means and new means.

    They stand as known rows, known means, added rows, new means.
    """
    places = np.arange(n_known + n_added + n_new)
    known_rows, known_means, added, new = np.split(places, [n_rows, n_known, n_known + n_added])
    return np.concatenate([known_rows, added, known_means, new])


def _recovered_rows(known: Evidence) -> tuple[Matrix, Matrix]:
    """The training and support rows (M - C, D) among the members, centred, and what they count.

    That is (M - C, C), 1 for the row of a class that counts most. Behind the rows stand the C class
    means. The metric is symmetric and can be inverted.
    """
    count = len(known.prompts)
    rows = np.linalg.solve(known.metric.astype(np.float64), known.members[:-count].T).T
    shares = known.shares[:-count]
    most: Matrix = shares.max(axis=0, initial=0)
    most[most == 0] = 1
    return normalise(rows.astype(np.float32)), shares / most


def _prompt_weight(known: Evidence) -> float:
    """How many pictures a prompt is worth: by how much its share of a class exceeds theirs."""
    count = len(known.prompts)
    of_rows = known.shares[:-count].max(axis=0)
    of_means = known.shares[-count:].max(axis=0)
    with_rows = of_rows > 0
    return float(np.median(of_means[with_rows] / of_rows[with_rows]))


def _class_means(
    rows: Matrix, counts: Matrix, prompts: Matrix, is_target: NDArray[np.bool_], weight: float
) -> Matrix:
    """Class means (C, D) of one modality; a row with a target class is support."""
    is_support = np.asarray(((counts > 0) & is_target).any(axis=1))
    members = counts * (is_target == is_support[:, None])
    return estimate_means(rows, members, prompts, is_target, weight)


def _thinned(rows: Matrix) -> Matrix:
    """At most `MAX_MEMBERS` of the rows, evenly."""
    kept: Matrix = rows[np.linspace(0, len(rows) - 1, min(len(rows), MAX_MEMBERS)).astype(int)]
    return kept


def _one_hot(supports: list[Matrix]) -> Matrix:
    """(sum of K, A): which support row is of which class."""
    classes = np.repeat(np.arange(len(supports)), [len(rows) for rows in supports])
    one_hot: Matrix = (classes[:, None] == np.arange(len(supports))).astype(np.float32)
    return one_hot


def _beside(known: Matrix, new: NDArray[np.floating[Any]]) -> Matrix:
    """Known and new rows by known and new columns: a block diagonal matrix."""
    zeros = np.zeros((len(known), new.shape[1])), np.zeros((len(new), known.shape[1]))
    return np.block([[known, zeros[0]], [zeros[1], new]]).astype(np.float32)
