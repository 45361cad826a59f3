"""The next three pictures to label out of 100,000, beside the time that this may take.

`python -m benchmarks.bench_suggest [rows]`; images and texts of 512 dimensions, 100 class names, 3
rows confirmed and 5 refused, all in memory. Both rounds must suggest the same.
"""

import sys
import time
from collections.abc import Iterator

import numpy as np

from benchmarks.side_by_side import REPEATS, Row, summarise
from xshot.episode.training_set import Centring, normalise
from xshot.suggestion.names import Names
from xshot.suggestion.suggest import Pool, suggest

DIMENSIONS, CLASSES = 512, 100
ALLOWED = 0.3


def make_pool(size: int) -> tuple[Pool, Names]:
    """Rows around the prompts of their classes, images farther away than texts."""
    rng = np.random.default_rng(0)
    prompts = normalise(rng.standard_normal((CLASSES, DIMENSIONS), np.float32))
    image, text = (
        normalise(
            prompts[rng.integers(CLASSES, size=size)]
            + np.float32(noise) * rng.standard_normal((size, DIMENSIONS), np.float32)
        )
        for noise in (0.15, 0.05)
    )
    centring = Centring(image.mean(axis=0), text.mean(axis=0))
    return Pool({"image": image, "text": text}, centring), Names(
        prompts, {"image": 4.0, "text": 16.0}
    )


def rows(size: int = 100_000) -> Iterator[Row]:
    """One click on the page."""
    pool, names = make_pool(size)
    found, times = [], []
    for _ in range(REPEATS):
        start = time.perf_counter()
        found.append(suggest(pool, names, 0, confirmed=[1, 2, 3], refused=[4, 5, 6, 7, 8], n=3))
        times.append((ALLOWED, time.perf_counter() - start))
    yield summarise(
        f"3 suggestions among {size}", "what it may take", times,
        equal=all(own == found[0] for own in found), target=1.0,
    )  # fmt: skip


if __name__ == "__main__":
    for _ in rows(*map(int, sys.argv[1:])):
        pass
