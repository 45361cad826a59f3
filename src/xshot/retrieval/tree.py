"""The metrics of one or more systems on the same test rows, as the tree of metrics.json."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xshot.retrieval.chance import chance_ap
from xshot.retrieval.galleries import (
    DIRECTIONS,
    GALLERIES,
    Embeddings,
    Gallery,
    build_galleries,
)
from xshot.retrieval.intervals import bootstrap_means, half_width
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
        scores: by (system, gallery, direction); the q-th query is row `galleries[...].queries[q]`.
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
    threads: int = 1,
    resamples: int = 0,
    rng: np.random.Generator | None = None,
) -> Evaluation:
    """Judge systems on all galleries, both directions, over the same test rows.

    Args:
        systems: embeddings of all N test rows by the system's name; if `clip` and `model` are
            among them, the gain of the one over the other is added.
        labels: (N, C) multi-hot.
        target_classes: (C,) whether a class is target.
        threads: threads that sort; no result depends on them.
        resamples: bootstrap resamples of the test pairs, shared by systems and directions; 0
            leaves out every `ci95`. Target and source pairs are resampled separately, so that
            every gallery keeps its size.
        rng: the source of randomness of the resamples.

    Raises:
        ValueError: shapes that do not fit together, values that are not finite, or resamples
            asked for without `rng`.
    """
    galleries = build_galleries(labels, target_classes)
    scores = {
        (system, name, direction): score_queries(
            gallery.task(embeddings, direction), threads=threads
        )
        for system, embeddings in systems.items()
        for name, gallery in galleries.items()
        for direction in DIRECTIONS
    }
    tree = _gallery_facts(galleries, next(iter(systems)), scores)
    for path, metrics in _metric_leaves(scores).items():
        _branch(tree, path).update(metrics)
    point: _Means = {path: np.asarray(mean_metrics(of)["map"]) for path, of in scores.items()}
    for path, value in _map_leaves(point).items():
        _branch(tree, path)["map"] = round(float(value), 5)
    if resamples:
        if rng is None:
            raise ValueError("resamples need a random generator")
        for path, replicates in _map_leaves(_replicates(scores, resamples, rng)).items():
            _branch(tree, path)["ci95"] = round(half_width(replicates), 5)
    return Evaluation(tree, scores, galleries)


def _gallery_facts(galleries: dict[str, Gallery], system: str, scores: Scores) -> dict[str, Any]:
    """What a gallery is like; the same for every system, and for both directions of pairs."""
    facts = {}
    for name, gallery in galleries.items():
        n_relevant = scores[system, name, DIRECTIONS[0]].n_relevant
        n_counted = int((n_relevant > 0).sum())
        chance = chance_ap(n_relevant, len(gallery.items)).sum() / max(n_counted, 1)
        facts[name] = {
            "n_queries": len(n_relevant),
            "n_skipped": len(n_relevant) - n_counted,
            "chance": round(float(chance), 5),
        }
    return {"gallery": facts}


def _metric_leaves(scores: Scores) -> dict[tuple[str, ...], dict[str, float]]:
    """All metrics per direction and averaged over the directions."""
    leaves: dict[tuple[str, ...], dict[str, float]] = {}
    for system, gallery in dict.fromkeys((system, gallery) for system, gallery, _ in scores):
        pair = [mean_metrics(scores[system, gallery, direction]) for direction in DIRECTIONS]
        average = {metric: (pair[0][metric] + pair[1][metric]) / 2 for metric in pair[0]}
        for direction, metrics in zip((*DIRECTIONS, "avg"), (*pair, average), strict=True):
            leaves[system, gallery, direction] = {k: round(v, 5) for k, v in metrics.items()}
    return leaves


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


def _replicates(scores: Scores, resamples: int, rng: np.random.Generator) -> _Means:
    """Bootstrap replicates of each mAP; galleries with the same queries share their draw."""
    replicates: _Means = {}
    for names in (("target", "generalized"), ("source", "generalized_source")):
        keys = [key for key in scores if key[1] in names]
        means = bootstrap_means(
            np.stack([scores[key].ap for key in keys], axis=1),
            np.stack([scores[key].counted for key in keys], axis=1),
            resamples=resamples,
            rng=rng,
        )
        replicates.update(zip(keys, means.T, strict=True))
    return replicates


def _branch(tree: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    for name in path:
        tree = tree.setdefault(name, {})
    return tree
