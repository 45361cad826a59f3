"""Small outcomes: six classes of random rows, embedded by two systems."""

import numpy as np

from xshot.episode.episode import Rows
from xshot.episode.exam import Exam
from xshot.report.outcome import Outcome
from xshot.retrieval.galleries import Embeddings
from xshot.retrieval.tree import evaluate_systems

CLASSES = ("ant", "bee", "cat", "dog", "elk", "fox")
ROWS = 42
DIMENSIONS = 5


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def make_outcome(*, seed=0, several_labels=False, resamples=100, gates=True):
    rng = np.random.default_rng(seed)
    is_target = np.array([True, False, True, False, True, False])
    labels = np.arange(ROWS)[:, None] % len(CLASSES) == np.arange(len(CLASSES))
    if several_labels:
        labels |= rng.random(labels.shape) < 0.15
    means = rng.normal(size=(len(CLASSES), DIMENSIONS))

    def embed(noise):
        return unit(labels @ means + noise * rng.normal(size=(ROWS, DIMENSIONS)))

    systems = {
        "clip": Embeddings(embed(1.5), embed(1.5)),
        "model": Embeddings(embed(0.8), embed(0.8)),
    }
    rows = Rows(tuple(map(str, range(ROWS))), tuple(() for _ in range(ROWS)))
    everything = np.ones(ROWS, bool)
    return Outcome(
        classes=CLASSES,
        is_target=is_target,
        labels=labels,
        image_rows=np.arange(ROWS),
        exam=Exam(rows, everything, everything, ~everything),
        systems=systems,
        evaluation=evaluate_systems(systems, labels, is_target, resamples=resamples, rng=rng),
        gates={m: rng.random(ROWS, np.float32) for m in ("image", "text")} if gates else {},
    )
