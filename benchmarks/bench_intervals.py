"""All intervals of one metrics tree: XShot beside one scipy.stats.bootstrap call per leaf.

`python -m benchmarks.bench_intervals`; both resample the same pairs: scipy's generator is seeded
alike, and for source pairs moved on past the draw of the target pairs.
"""

from collections.abc import Iterator

import numpy as np
from scipy.stats import bootstrap

from benchmarks.side_by_side import Row, side_by_side
from xshot.retrieval.galleries import DIRECTIONS, GALLERIES, Gallery, make_gallery
from xshot.retrieval.metrics import QueryScores
from xshot.retrieval.tree import Scores, map_intervals

RESAMPLES, SEED, SYSTEMS = 1000, 7, ("clip", "model")
Widths = dict[tuple[str, ...], float]


def make_scores(n_target: int, n_source: int) -> Scores:
    """Random average precisions of two systems."""
    rng = np.random.default_rng(0)
    scores = {}
    for path in ((s, g, d) for s in SYSTEMS for g in GALLERIES for d in DIRECTIONS):
        n = n_source if "source" in path[1] else n_target
        ones = np.ones(n, dtype=np.int64)
        scores[path] = QueryScores(
            n_relevant=ones, ap=rng.random(n), ap_at_50=ones, recall=np.ones((n, 3))
        )
    return scores


def xshot(scores: Scores) -> Widths:
    """One call."""
    return map_intervals(
        scores, _galleries(scores), resamples=RESAMPLES, rng=np.random.default_rng(SEED)
    )


def _galleries(scores: Scores) -> dict[str, Gallery]:
    """A picture for every query."""
    rows = {name: np.arange(len(scores["clip", name, "i2t"].ap)) for name in GALLERIES}
    return {
        name: make_gallery(own, own, np.ones((len(own), 1), bool)) for name, own in rows.items()
    }


def scipy_per_leaf(scores: Scores) -> Widths:
    """A sample of per-query values for each leaf; two of them for the harmonic mean."""
    samples: dict[tuple[str, ...], tuple[np.ndarray, ...]] = {}
    for path, queries in scores.items():
        samples[path] = (queries.ap,)
    for gallery in GALLERIES:
        for system in SYSTEMS:
            i2t, t2i = (scores[system, gallery, direction].ap for direction in DIRECTIONS)
            samples[system, gallery, "avg"] = ((i2t + t2i) / 2,)
        clip, model = (samples[system, gallery, "avg"][0] for system in SYSTEMS)
        samples["gain", gallery] = (model - clip,)
    for system in SYSTEMS:
        names = ("generalized", "generalized_source")
        samples[system, "harmonic"] = tuple(samples[system, name, "avg"][0] for name in names)
    n_target = len(scores["clip", "target", "i2t"].ap)
    return {path: _half_width(sample, n_target) for path, sample in samples.items()}


def _half_width(sample: tuple[np.ndarray, ...], n_target: int) -> float:
    rng = np.random.default_rng(SEED)
    if len(sample[0]) != n_target:
        rng.integers(n_target, size=(RESAMPLES, n_target))
    result = bootstrap(
        sample, _mean if len(sample) == 1 else _harmonic, n_resamples=RESAMPLES,
        method="percentile", vectorized=True, rng=rng,
    )  # fmt: skip
    low, high = result.confidence_interval
    return (high - low) / 2


def _mean(values: np.ndarray, axis: int = -1) -> np.ndarray:
    return values.mean(axis=axis)


def _harmonic(target: np.ndarray, source: np.ndarray, axis: int = -1) -> np.ndarray:
    a, b = target.mean(axis=axis), source.mean(axis=axis)
    return 2 * a * b / (a + b)


def rows() -> Iterator[Row]:
    """The embedded default's size and a larger one; sizes differ, so that draws do not mix."""
    for n_target, n_source in ((220, 221), (2_000, 2_001)):
        scores = make_scores(n_target, n_source)
        yield side_by_side(
            f"all intervals of one tree, {n_target + n_source} pairs", "scipy_per_leaf",
            lambda scores=scores: scipy_per_leaf(scores), lambda scores=scores: xshot(scores),
            equal=lambda theirs, ours: theirs.keys() == ours.keys()
            and all(abs(theirs[path] - ours[path]) < 1e-12 for path in ours),
            target=5.0,
        )  # fmt: skip


if __name__ == "__main__":
    for _ in rows():
        pass
