"""Suggestions by what a trained model has kept: its centring, its class names and labelled rows."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from xshot.projector.embedder import Embedder
from xshot.search.classes import labelled_rows
from xshot.suggestion.names import Matrix, Modality, Names, learn_names
from xshot.suggestion.suggest import Pool, Suggestion, suggest

_SIDES: dict[Modality, int] = {"image": 0, "text": 1}


def names_of(embedder: Embedder, modalities: Sequence[Modality]) -> Names:
    """The names of a model's classes, weighted as the rows that it keeps say.

    Args:
        embedder: with class-posterior coordinates.
        modalities: of the rows that the names shall be held against.
    """
    assert embedder.coordinates is not None
    evidence = {each: embedder.coordinates[_SIDES[each]].evidence for each in modalities}
    prompts = embedder.coordinates[1].evidence.prompts
    kept = {each: labelled_rows(own) for each, own in evidence.items()}
    first = next(iter(kept.values()))[1]
    if all(np.array_equal(labels, first) for _, labels in kept.values()):  # the rows are pairs
        return learn_names(prompts, {each: rows for each, (rows, _) in kept.items()}, first)
    weights: dict[Modality, float] = {}
    for each, (rows, labels) in kept.items():
        weights |= learn_names(prompts, {each: rows}, labels).weights
    return Names(prompts, weights)


def suggest_rows(
    embedder: Embedder,
    names: Names,
    place: int | Matrix,
    features: Mapping[Modality, Matrix],
    *,
    pictures: NDArray[np.int64] | None = None,
    confirmed: Sequence[int] = (),
    refused: Sequence[int] = (),
    n: int = 3,
) -> list[Suggestion]:
    """As `suggest`, for CLIP features (N, D) of a pool.

    Args:
        embedder: says what is taken off the features.
        names: as `names_of` gives them.
        place: of the class among them; or the prompt feature (D,) of one that is not.
        features: the pool's, by modality.
        pictures: (N,) which picture each row shows; None = each its own.
        confirmed: rows that are members.
        refused: rows that are not.
        n: how many.

    Raises:
        ValueError: `n` is below 1, or a row is not in the pool.
    """
    if not isinstance(place, int):
        prompt = embedder.centring.of_text(place[None])
        names = Names(np.concatenate([names.prompts, prompt]), names.weights)
        place = len(names.prompts) - 1
    pool = Pool(features, embedder.centring, pictures)
    return suggest(pool, names, place, confirmed=confirmed, refused=refused, n=n)
