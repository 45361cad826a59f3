"""The metrics of one or more systems on the same test rows, as the tree of metrics.json."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xshot.progress import progress
from xshot.retrieval.chance import chance_ap
from xshot.retrieval.galleries import (
    DIRECTIONS,
    GALLERIES,
    Embeddings,
    Gallery,
    build_galleries,
)
from xshot.retrieval.intervals import bootstrap_means, half_widths
from xshot.retrieval.metrics import QueryScores, mean_metrics, score_queries

Scores = dict[tuple[str, str, str], QueryScores]
"""Per-query scores by (system, gallery, direction)."""

_Means = dict[tuple[str, ...], NDArray[np.float64]]
"""mAP by path in the tree: a scalar each, or (B,) bootstrap replicates each."""


@dataclass(frozen=True)
class Evaluation:
    """The metrics tree, and the per-query scores behind it.

    Attributes:
        metrics: scalars rounded to 5 digits, `<system>.<gallery>.<direction>.<metric>`,
            `<system>.harmonic`, `gain.<gallery>` (model less clip) and `gallery.<gallery>`.
        scores: by (system, gallery, direction); the q-th query is row
            `galleries[gallery].queries[direction][q]`.
        galleries: which rows ask and answer, by name.
    """

    metrics: dict[str, Any]
    scores: Scores
    galleries: dict[str, Gallery]


def evaluate_systems(
    systems: Mapping[str, Embeddings],
    labels: NDArray[np.bool_],
    target_classes: NDArray[np.bool_],
    *,
    image_rows: NDArray[np.int64] | None = None,
    asks: NDArray[np.bool_] | None = None,
    answers: NDArray[np.bool_] | None = None,
    threads: int = 1,
    device: str = "cpu",
    resamples: int = 0,
    rng: np.random.Generator | None = None,
) -> Evaluation:
    """Judge systems on all galleries, both directions, over the same test rows.

    Args:
        systems: embeddings of all N test rows by the system's name; if `clip` and `model` are
            among them, the gain of the one over the other is added.
        labels: (N, C) multi-hot.
        target_classes: (C,) whether a class is target.
        image_rows: (N,) the first row that shows each row's picture; None = each shows its own.
        asks: (N,) whether a row asks; None = all do.
        answers: (N,) whether a row answers; None = all do.
        threads: threads that sort; no result depends on them.
        device: where to sort, `cpu` or `cuda:N`.
        resamples: bootstrap resamples of the test pictures, each with its texts, shared by systems
            and directions; 0 leaves out every `ci95`. Target and source pictures are resampled
            separately, so that every gallery keeps its size.
        rng: the source of randomness of the resamples.

    Raises:
        ValueError: shapes that do not fit together, values that are not finite, or resamples
            asked for without `rng`.
    """
    if resamples and rng is None:
        raise ValueError("resamples need a random generator")
    galleries = build_galleries(labels, target_classes, image_rows, asks, answers)
    paths = list(product(systems, galleries, DIRECTIONS))
    scores = {
        (system, name, direction): score_queries(
            galleries[name].task(systems[system], direction), threads=threads, device=device
        )
        for system, name, direction in progress(
            paths, total=len(paths), unit="gallery", label="ranking"
        )
    }
    metrics = _point_estimates(galleries, scores)
    if resamples and rng is not None:
        widths = map_intervals(scores, galleries, resamples=resamples, rng=rng)
        for path, width in widths.items():
            _branch(metrics, path)["ci95"] = _rounded(width)
    return Evaluation(metrics, scores, galleries)


def map_intervals(
    scores: Scores, galleries: Mapping[str, Gallery], *, resamples: int, rng: np.random.Generator
) -> dict[tuple[str, ...], float]:
    """Half-width of the 95% bootstrap interval of every `map` of the tree, by path.

    What is drawn are pictures: the average precisions of a picture's texts are in or out together.
    Galleries with the same queries share their draw, and so do systems and directions.
    """
    replicates: _Means = {}
    for names in (("target", "generalized"), ("source", "generalized_source")):
        paths = [path for path in scores if path[1] in names]
        sums, sizes = zip(
            *(_by_picture(galleries[path[1]], path[2], scores[path]) for path in paths),
            strict=True,
        )
        means = bootstrap_means(
            np.stack(sums, axis=1), np.stack(sizes, axis=1), resamples=resamples, rng=rng
        )
        replicates.update(zip(paths, means.T, strict=True))
    leaves = _map_leaves(replicates)
    widths = half_widths(np.stack(list(leaves.values()), axis=1))
    return dict(zip(leaves, widths.tolist(), strict=True))


def _by_picture(
    gallery: Gallery, direction: str, scores: QueryScores
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sum and number of the average precisions that count, of each picture."""
    picture, n_pictures = gallery.pictures[direction], len(gallery.queries["i2t"])
    ap = np.where(scores.counted, scores.ap, 0.0)
    sums, sizes = (
        np.bincount(picture, weights=weights, minlength=n_pictures).astype(np.float64)
        for weights in (ap, scores.counted)
    )
    return sums, sizes


def _point_estimates(galleries: dict[str, Gallery], scores: Scores) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    system = next(iter(scores))[0]  # the same for every one
    for name, gallery in galleries.items():
        asked = {direction: scores[system, name, direction] for direction in DIRECTIONS}
        tree.setdefault("gallery", {})[name] = _gallery_facts(gallery, asked)
    means = {path: mean_metrics(queries) for path, queries in scores.items()}
    for system, name in dict.fromkeys(path[:2] for path in scores):
        i2t, t2i = (means[system, name, direction] for direction in DIRECTIONS)
        means[system, name, "avg"] = {name: (i2t[name] + t2i[name]) / 2 for name in i2t}
    for path, metrics in means.items():
        _branch(tree, path).update({name: _rounded(value) for name, value in metrics.items()})
    for leaf, value in _map_leaves({path: np.array(means[path]["map"]) for path in scores}).items():
        _branch(tree, leaf)["map"] = _rounded(float(value))
    return tree


def _gallery_facts(gallery: Gallery, asked: Mapping[str, QueryScores]) -> dict[str, float]:
    """What no system changes: texts that ask, pictures if they are fewer, and chance."""
    texts, n_pictures = asked["t2i"], len(gallery.queries["i2t"])
    chances = [
        chance_ap(scores.n_relevant, len(gallery.items[direction])).sum()
        / max(int(scores.counted.sum()), 1)
        for direction, scores in asked.items()
    ]
    n_queries = len(texts.counted)
    return {
        "n_queries": n_queries,
        **({"n_pictures": n_pictures} if n_pictures < n_queries else {}),
        "n_skipped": n_queries - int(texts.counted.sum()),
        "chance": _rounded(float(sum(chances)) / len(chances)),
    }


def _map_leaves(means: _Means) -> _Means:
    """Every `map` of the tree, from the mAP of each system, gallery and direction."""
    leaves = dict(means)
    systems = dict.fromkeys(system for system, _, _ in means)
    for system in systems:
        for gallery in GALLERIES:
            i2t, t2i = (means[system, gallery, direction] for direction in DIRECTIONS)
            leaves[system, gallery, "avg"] = (i2t + t2i) / 2
        target = leaves[system, "generalized", "avg"]
        source = leaves[system, "generalized_source", "avg"]
        total = target + source
        leaves[system, "harmonic"] = 2 * target * source / np.where(total > 0, total, 1.0)
    if {"clip", "model"} <= set(systems):
        for gallery in GALLERIES:
            clip, model = (leaves[system, gallery, "avg"] for system in ("clip", "model"))
            leaves["gain", gallery] = model - clip
    return leaves


def _branch(tree: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    for name in path:
        tree = tree.setdefault(name, {})
    return tree


def _rounded(value: float) -> float:
    return round(value, 5) + 0.0  # a gain of -0.0 would read as a loss
