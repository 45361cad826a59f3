"""mAP of both directions on the device, beside torchmetrics there and XShot on the CPU. Seconds."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torchmetrics.retrieval import RetrievalMAP

from benchmarks.bench_map import make_task
from benchmarks.gpu_parts.sizes import Sizes
from benchmarks.threads import CORES
from xshot.retrieval.metrics import QueryScores, score_queries
from xshot.retrieval.ranking import Task


def findings(sizes: Sizes) -> Iterator[tuple[str, Any]]:
    """Each gallery in full; the peer on the first of its queries.

    Raises:
        RuntimeError: the device ranks otherwise than the CPU, or than the peer.
    """
    agree = True
    for count in sizes.galleries:
        pair = [make_task(count, count, seed) for seed in range(2)]
        few = [_first(task, sizes.peer_queries) for task in pair]
        _timed(few, sizes.device)
        seconds, _ = _timed(pair, sizes.device)
        few_seconds, found = _timed(few, sizes.device)
        cpu_seconds, expected = _timed(few, "cpu")
        peer_seconds, peer = _peer(few, sizes.device)
        apart = max(float(np.abs(a.ap - b.ap).max()) for a, b in zip(found, expected, strict=True))
        maps = [float(scores.ap.mean()) for scores in found]
        off = max(abs(a - b) for a, b in zip(maps, peer, strict=True))
        yield (
            f"{count} x {count}",
            {
                "all_queries": seconds,
                f"{sizes.peer_queries}_queries": few_seconds,
                "torchmetrics": peer_seconds,
                "xshot_on_cpu": cpu_seconds,
                "largest_difference_of_ap_from_cpu": apart,
                "difference_of_map_from_torchmetrics": off,
            },
        )
        agree &= apart < 1e-5 and off < 1e-4  # the peer adds up in float32
    if not agree:
        raise RuntimeError("average precisions differ from the CPU's or the peer's")


def _first(task: Task, count: int) -> Task:
    return Task(task.queries[:count], task.items, task.query_labels[:count], task.item_labels)


def _timed(pair: list[Task], device: str) -> tuple[float, list[QueryScores]]:
    start = time.perf_counter()
    scores = [score_queries(task, threads=CORES, device=device) for task in pair]
    return round(time.perf_counter() - start, 3), scores


def _peer(pair: list[Task], device: str) -> tuple[float, list[float]]:
    """On shifted cosines, since RetrievalMAP drops relevant items with scores up to 0."""
    start = time.perf_counter()
    maps = []
    for task in pair:
        queries, items, own, other = (
            torch.from_numpy(rows).to(device)
            for rows in (task.queries, task.items, task.query_labels, task.item_labels)
        )
        relevant = own.float() @ other.float().T > 0
        scores = (queries @ items.T).add_(1).div_(2)
        asked = torch.arange(len(scores), device=device)[:, None].expand_as(scores)
        metric = RetrievalMAP().to(device)
        metric.update(scores.flatten(), relevant.flatten(), indexes=asked.flatten())
        maps.append(float(metric.compute()))
    return round(time.perf_counter() - start, 3), maps
