"""Texts that are drawn to ask a gallery of drawn pictures with, some of them of added classes."""

from pathlib import Path

import numpy as np

from benchmarks.drawn import FEATURES, source
from xshot.projector.embedder import Embedder
from xshot.projector.file import load_embedder
from xshot.search.classes import NewClass, add_classes
from xshot.store.features import read_class_features, read_features
from xshot.store.manifest import read_manifest

QUERIES, OF_ADDED, EXAMPLES = 100, 30, 5

Asked = tuple[str, Embedder, np.ndarray]


def questions(model: Path) -> list[Asked]:
    """Texts, each with the model that answers and the name of the class that was added to it."""
    _, text = source(0)
    rng = np.random.default_rng(2)
    trained = load_embedder(model)[0]
    known = [text.names.index(name) for name in load_embedder(model)[1].classes]
    asked = [("", trained, row) for row in text.draw(rng.choice(known, QUERIES), rng)]
    for new in new_classes(model):
        grown = add_classes(trained, [new])
        rows = text.draw(np.full(OF_ADDED, text.names.index(new.name)), rng)
        asked += [(new.name, grown, row) for row in rows]
    return asked


def new_classes(model: Path) -> list[NewClass]:
    """The classes that the model lacks, by name and some pictures of the data set."""
    features, manifest = read_features(FEATURES), read_manifest(Path("data/manifest.parquet"))
    labels = dict(zip(manifest.ids, manifest.labels, strict=True))
    prompts = read_class_features(FEATURES)
    known = load_embedder(model)[1].classes
    added = []
    for name, prompt in zip(prompts.names, prompts.features, strict=True):
        if name not in known:
            rows = [row for row, one in enumerate(features.ids) if name in labels[one]][:EXAMPLES]
            added.append(NewClass(name, prompt, features.image[rows], features.text[:0]))
    return added
