"""Exact search in a large gallery: time and memory, beside scoring all of it at once.

`python -m benchmarks.bench_search [items]`; 1,000,000 items of 256 dimensions by default, 1 GB.
Memory is what the search allocates at the most, beyond the gallery. Then a tenth as many items of
512 dimensions and 1,000 classes, beside the search of raw CLIP; and the embedding of the first
gallery by the trained model of this checkout, if it is of as many dimensions.
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
from xshot.projector.coordinates import join
from xshot.retrieval.compact import CompactRows
from xshot.retrieval.search import top_k
from xshot.search.gallery import read_dataset
from xshot.search.retriever import Retriever

DIMENSIONS, K = 256, 12
CLIP_DIMENSIONS, CLASSES = 512, 1000


def make_gallery(size: int, dimensions: int = DIMENSIONS) -> np.ndarray:
    """Random unit rows, made block by block: nothing but the gallery stays."""
    rng = np.random.default_rng(0)
    items = np.empty((size, dimensions), np.float32)
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


def many_classes(size: int) -> Iterator[Row]:
    """Raw CLIP beside embeddings of a thousand classes.

    The likeliest class of an image has half of the probability or so, that of a text nearly all.
    """
    clip, rng = make_gallery(size, CLIP_DIMENSIONS), np.random.default_rng(1)

    def embedded(features: np.ndarray, side: int, sharpness: float) -> np.ndarray:
        shares = np.exp(sharpness * rng.standard_normal((len(features), CLASSES), np.float32))
        shares /= shares.sum(axis=1, keepdims=True)
        return join(features, shares, weight=5.0, side=side)

    items = CompactRows.of(
        (embedded(clip[start : start + 2**14], 0, 5.0) for start in range(0, size, 2**14)),
        CLIP_DIMENSIONS,
    )
    print(f"{items.nbytes / size:.0f} bytes an item, {4 * CLIP_DIMENSIONS} of raw CLIP")
    for count in (1, 64):
        queries = clip[:: size // count][:count]
        ours = embedded(queries, 1, 20.0)
        ours[:, -2:] = 0
        yield side_by_side(
            f"top {K} of {size}, {CLASSES} classes, {count} queries", "raw CLIP",
            lambda queries=queries: top_k(queries, clip, K)[0],
            lambda ours=ours: top_k(ours, items, K)[0],
            equal=lambda theirs, mine: theirs.shape == mine.shape, repeats=9,
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
    n_items = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    for _ in (*rows(n_items), *many_classes(max(64, n_items // 10))):
        pass
    embed(n_items)
