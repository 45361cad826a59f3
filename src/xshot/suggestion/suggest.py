"""Ranks rows without a label by what their confirmation would be worth: the next to ask about.

Weighted facility location (Cornuejols et al., 1977; as a choice of examples: Lin and Bilmes, 2011).
A row that is confirmed stands for the rows near it by k(x, y) = exp(sharpness * (cos(x, y) - 1));
the next to ask about adds most to sum_j w_j * max_(confirmed s) k(s, x_j). The weight w_j = p_j *
sqrt(1 - q_j) is the probability p that the row is a member, given the name and the answers so far,
less what the name alone says, q: what a class's name finds needs no example. The weight is our
addition; docs/suggest.md says what it brings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xshot.episode.training_set import Centring
from xshot.suggestion.names import Matrix, Modality, Names

SHARPNESS = 3.0
"""Of the kernel by which a confirmed row stands for others."""

CLOSENESS = 6.0
"""Logits that a row gains, or loses, by a confirmed, or refused, one that is the same."""

UNSAID = 0.02
"""What a name leaves unsaid at least: it is never all that there is to a row."""

SHORTLIST = 1024
"""Rows that are compared with each other: those that the name and the answers speak most for."""

# Beyond it a posterior is rounding.
_CERTAIN = 1e-6
# Gains that differ by rounding alone are the same: two machines must ask alike.
_ROUNDING = 1e-6

_SIDES: dict[Modality, int] = {"image": 0, "text": 1}


class Suggestion(NamedTuple):
    """A row to ask about.

    Attributes:
        row: its place in the pool.
        probability: that it is a member, as far as is known.
    """

    row: int
    probability: float


@dataclass(frozen=True)
class Pool:
    """N rows, labelled or not.

    Attributes:
        features: (N, D) unit-norm CLIP features of images, of texts, or of both.
        centring: the means that are taken off.
        pictures: (N,) which picture each row shows, by any numbers; None = each its own.
    """

    features: Mapping[Modality, Matrix]
    centring: Centring
    pictures: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(next(iter(self.features.values())))

    def centred(self, rows: Sequence[int] | NDArray[np.int64]) -> dict[Modality, Matrix]:
        """Some rows, centred and unit norm."""
        places = np.asarray(rows, np.int64)
        return {
            modality: self.centring.of_side(features[places], _SIDES[modality])
            for modality, features in self.features.items()
        }

    def cosines(self, modality: Modality, anchors: Matrix) -> Matrix:
        """(N, A) cosines of all rows, centred, to centred unit-norm anchors (A, D).

        In one pass through the features: no centred copy of a large pool is made.
        """
        mean = (self.centring.image, self.centring.text)[_SIDES[modality]]
        products = self.features[modality] @ np.concatenate([anchors, mean[None]]).T
        lengths = np.sqrt(np.maximum(1 - 2 * products[:, -1] + mean @ mean, 1e-12))
        cosines: Matrix = (products[:, :-1] - anchors @ mean) / lengths[:, None]
        return cosines

    def shows(self, rows: Sequence[int]) -> NDArray[np.bool_]:
        """(N,) whether a row shows the picture of one of `rows`."""
        pictures = np.arange(len(self)) if self.pictures is None else self.pictures
        shown: NDArray[np.bool_] = np.isin(pictures, pictures[np.asarray(rows, np.int64)])
        return shown


def suggest(
    pool: Pool,
    names: Names,
    place: int,
    *,
    confirmed: Sequence[int] = (),
    refused: Sequence[int] = (),
    n: int = 1,
) -> list[Suggestion]:
    """The next rows to ask about, best first: each another picture, none that was answered.

    Args:
        pool: the rows.
        names: of the class that is asked about, and of others that it may be taken for.
        place: of the class among them.
        confirmed: rows of the pool that are members.
        refused: rows of the pool that are not.
        n: how many; fewer if no more are left. Later ones count on the earlier ones' being members.

    Raises:
        ValueError: `n` is below 1, or a row is not in the pool.
    """
    answered = [*confirmed, *refused]
    if n < 1:
        raise ValueError(f"n = {n}: ask for one row at least")
    strange = [row for row in answered if not 0 <= row < len(pool)]
    if strange:
        raise ValueError(f"row {strange[0]} is none of the pool's 0 to {len(pool) - 1}")
    by_name, near, far = _against(pool, names, place, confirmed, refused)
    evidence = by_name + CLOSENESS * (np.maximum(near, 0) - np.maximum(far, 0))
    evidence[pool.shows(answered)] = -np.inf
    rows = np.argsort(-evidence, kind="stable")[:SHORTLIST]
    rows = rows[np.isfinite(evidence[rows])]
    if not len(rows):
        return []
    centred = pool.centred(rows)
    named = np.clip(names.posterior(centred)[:, place], _CERTAIN, 1 - _CERTAIN)
    logits = np.log(named / (1 - named)) + (evidence - by_name)[rows]
    chances = 1 / (1 + np.exp(-logits))
    similarity = np.mean([each @ each.T for each in centred.values()], axis=0)
    covered = _kernel(near[rows]) if len(confirmed) else np.zeros(len(rows))
    weights = chances * np.sqrt(np.maximum(1 - named, UNSAID))
    pictures = rows if pool.pictures is None else pool.pictures[rows]
    order = most_covering(_kernel(similarity), weights, covered, pictures, n)
    return [Suggestion(int(rows[each]), float(chances[each])) for each in order]


def _against(
    pool: Pool, names: Names, place: int, confirmed: Sequence[int], refused: Sequence[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """(N,) what the name says, and cosine to the nearest confirmed and to the nearest refused row.

    Cosines are the mean of those of the modalities; 0 where nothing was confirmed, or refused.
    """
    by_name = np.zeros(len(pool))
    cosines = np.zeros((len(pool), len(confirmed) + len(refused)), np.float32)
    answered = pool.centred([*confirmed, *refused])
    for modality in pool.features:
        anchors = np.concatenate([names.prompts[place][None], answered[modality]])
        found = pool.cosines(modality, anchors)
        by_name += names.weights[modality] * found[:, 0]
        cosines += found[:, 1:] / np.float32(len(pool.features))
    sides = cosines[:, : len(confirmed)], cosines[:, len(confirmed) :]
    near, far = (
        side.max(axis=1).astype(np.float64) if side.shape[1] else np.zeros(len(pool))
        for side in sides
    )
    return by_name, near, far


def _kernel(cosines: NDArray[np.float64]) -> NDArray[np.float64]:
    """How well one row stands for another, in [0, 1]."""
    kernel: NDArray[np.float64] = np.exp(SHARPNESS * (cosines - 1))
    return kernel


def most_covering(
    kernel: NDArray[np.float64],
    weights: NDArray[np.float64],
    covered: NDArray[np.float64],
    pictures: NDArray[np.int64],
    n: int,
) -> list[int]:
    """Greedy facility location: up to n places, each adding most to the weighted coverage.

    Args:
        kernel: (M, M) how well a row (first axis) stands for another.
        weights: (M,) of the rows to cover.
        covered: (M,) how well each is covered already.
        pictures: (M,) of which no two places chosen share one.
        n: how many.
    """
    chosen: list[int] = []
    free = np.ones(len(weights), bool)
    while len(chosen) < n and free.any():
        gains = np.where(free, np.maximum(kernel - covered, 0) @ weights, -1)
        best = int(np.flatnonzero(gains >= gains.max() * (1 - _ROUNDING))[0])
        chosen.append(best)
        free &= pictures != pictures[best]
        covered = np.maximum(covered, kernel[best])
    return chosen
