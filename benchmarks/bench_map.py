"""mAP of both directions: XShot beside what people use for it.

`python -m benchmarks.bench_map [--huge]`; --huge adds all of 20,000 x 20,000 beside scikit-learn
and 100,000 x 100,000, minutes long.
"""

import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator

import numpy as np
import torch
from pytorch_metric_learning.distances import CosineSimilarity
from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator
from pytorch_metric_learning.utils.inference import CustomKNN
from sklearn.metrics import average_precision_score
from torchmetrics.retrieval import RetrievalMAP

from benchmarks.side_by_side import Row, side_by_side
from benchmarks.threads import CORES, fastest_threads
from xshot.retrieval.metrics import mean_metrics, score_queries
from xshot.retrieval.ranking import Task


def make_task(n_queries: int, n_items: int, seed: int = 0) -> Task:
    """Noise with ten classes, as many as Wikipedia and NUS-WIDE-10K have."""
    rng = np.random.default_rng(seed)
    rows = [rng.standard_normal((n, 512), dtype=np.float32) for n in (n_queries, n_items)]
    queries, items = (row / np.linalg.norm(row, axis=1, keepdims=True) for row in rows)
    labels = (np.eye(10, dtype=bool)[rng.integers(10, size=len(row))] for row in rows)
    return Task(queries, items, *labels)


def xshot(task: Task) -> float:
    """XShot, on all cores."""
    return mean_metrics(score_queries(task, threads=CORES))["map"]


def scikit_learn(task: Task) -> float:
    """One call per query."""
    rows = zip(*_relevance_and_scores(task), strict=True)
    return float(np.mean([average_precision_score(*row) for row in rows]))


def torchmetrics(task: Task) -> float:
    """On shifted cosines, since RetrievalMAP drops relevant items with scores up to 0."""
    relevant, scores = map(torch.from_numpy, _relevance_and_scores(task))
    asked = torch.arange(len(scores))[:, None].expand_as(scores)
    metric = RetrievalMAP()
    metric.update(scores.add_(1).div_(2).flatten(), relevant.flatten(), indexes=asked.flatten())
    return float(metric.compute())


def pytorch_metric_learning(task: Task) -> float:
    """Over all neighbours."""
    calculator = AccuracyCalculator(
        include=("mean_average_precision",), k=len(task.items), device=torch.device("cpu"),
        knn_func=CustomKNN(CosineSimilarity()),
    )  # fmt: skip
    classes = (labels.argmax(axis=1) for labels in (task.query_labels, task.item_labels))
    found = calculator.get_accuracy(task.queries, next(classes), task.items, next(classes))
    return float(found["mean_average_precision"])


def argsort_and_cumsum(task: Task) -> float:
    """No library: the vectorised lines that a careful torch user would write."""
    relevant, scores = map(torch.from_numpy, _relevance_and_scores(task))
    hits = relevant.gather(1, scores.argsort(dim=1, descending=True)).double()
    precision = hits.cumsum(dim=1) / torch.arange(1, hits.shape[1] + 1)
    return float(((precision * hits).sum(dim=1) / hits.sum(dim=1)).mean())


def rows() -> Iterator[Row]:
    """Both directions; of 20,000 queries each way the first 500, since peers take minutes."""
    few = make_task(200, 5_000)
    fastest_threads(lambda: (torchmetrics(few), argsort_and_cumsum(few)))
    peers = {scikit_learn: 5.0, torchmetrics: 5.0, pytorch_metric_learning: 5.0}
    for n_queries, n_items in ((5_000, 5_000), (500, 20_000)):
        pair = [make_task(n_queries, n_items, seed) for seed in range(2)]
        for peer, target in {**peers, argsort_and_cumsum: None}.items():
            yield side_by_side(
                f"mAP, both directions, {n_queries} queries, {n_items} items", peer.__name__,
                _both(peer, pair), _both(xshot, pair), target=target,
                equal=lambda theirs, ours: np.allclose(theirs, ours, rtol=0, atol=1e-6),
            )  # fmt: skip


def _relevance_and_scores(task: Task) -> tuple[np.ndarray, np.ndarray]:
    relevant = task.query_labels.argmax(axis=1)[:, None] == task.item_labels.argmax(axis=1)
    return relevant, task.queries @ task.items.T


def _both(score: Callable[[Task], float], pair: list[Task]) -> Callable[[], list[float]]:
    return lambda: [score(task) for task in pair]


def main() -> None:
    """Rows, memory over the gallery's size, and the largest runs."""
    for _ in rows():
        pass
    for n_items in (5_000, 20_000, 100_000):
        task = make_task(1_000, n_items)
        tracemalloc.start()
        xshot(task)
        print(f"{n_items} items: {tracemalloc.get_traced_memory()[1] / 2**20:.0f} MiB at the most")
        tracemalloc.stop()
    if "--huge" in sys.argv:
        _huge()


def _huge() -> None:
    """Every query of a large gallery: minutes for a peer, so that one round must do."""
    pair = [make_task(20_000, 20_000, seed) for seed in range(2)]
    side_by_side(
        "mAP, both directions, 20000 queries, 20000 items", scikit_learn.__name__,
        _both(scikit_learn, pair), _both(xshot, pair), repeats=1, target=5.0,
        equal=lambda theirs, ours: np.allclose(theirs, ours, rtol=0, atol=1e-6),
    )  # fmt: skip
    pair = [make_task(100_000, 100_000, seed) for seed in range(2)]
    start = time.perf_counter()
    _both(xshot, pair)()
    print(f"100000 x 100000, both directions: {time.perf_counter() - start:.1f} s", flush=True)


if __name__ == "__main__":
    main()
