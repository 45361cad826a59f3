"""Exact search in a large gallery: time and memory, beside scoring all of it at once.

`python -m benchmarks.bench_search [items]`; 1,000,000 items of 256 dimensions by default, 1 GB.
Memory is what the search allocates at the most, beyond the gallery. Then the embedding of such
a gallery by the trained model of this checkout, if it is of as many dimensions.
"""

import sys
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.side_by_side import Row, side_by_side
from xshot.retrieval.search import top_k
from xshot.search.gallery import read_dataset
from xshot.search.retriever import Retriever

DIMENSIONS, K = 256, 12


def make_gallery(size: int) -> np.ndarray:
    """Random unit rows, made block by block: nothing but the gallery stays."""
    rng = np.random.default_rng(0)
    items = np.empty((size, DIMENSIONS), np.float32)
    for start in range(0, size, 2**14):
        block = items[start : start + 2**14]
        block[:] = rng.standard_normal(block.shape, np.float32)
        block /= np.linalg.norm(block, axis=1, keepdims=True)
    return items


def rows(size: int = 1_000_000) -> Iterator[Row]:
    """One query, as of one user, and 64 at once."""
    items = make_gallery(size)
    for count in (1, 64):
        queries = items[:: size // count][:count]
        start = time.perf_counter()
        top_k(queries, items, K)
        seconds = time.perf_counter() - start
        tracemalloc.start()
        top_k(queries, items, K)
        memory = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
        print(f"{count} queries, {size} items: {seconds:.3f} s, {memory:.1f} MiB more memory")
    for count in (1, 64):
        queries = items[:: size // count][:count]
        yield side_by_side(
            f"top {K} of {size}, {count} queries", "torch.topk",
            lambda queries=queries: _torch(queries, items),
            lambda queries=queries: top_k(queries, items, K)[0],
            equal=lambda theirs, ours: bool((theirs == ours).mean() > 0.999),
        )  # fmt: skip


def embed(size: int = 1_000_000) -> None:
    """What a start or an added class costs."""
    items, own = make_gallery(size), read_dataset(Path())
    gallery = replace(own, images=("",) * size, texts=(), labels=(), features={"image": items})
    retriever = Retriever.load(gallery=gallery)
    start, cpu = time.perf_counter(), time.process_time()
    retriever.embed()
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    print(f"embedding {size} items: {seconds:.2f} s, {cpu:.2f} s of CPU time")


def _torch(queries: np.ndarray, items: np.ndarray) -> np.ndarray:
    scores = torch.from_numpy(queries) @ torch.from_numpy(items).T
    return scores.topk(K).indices.numpy()


if __name__ == "__main__":
    for _ in rows(*map(int, sys.argv[1:])):
        pass
    embed(*map(int, sys.argv[1:]))
