"""Pictures, their manifest, and an extraction through a cache of its own."""

import os
from dataclasses import replace

import numpy as np
import pytest

from tests.encoder.conftest import load, picture
from tests.encoder.extraction.runs import CLASSES, LONG_AGO, TEMPLATES, N
from xshot.encoder.extraction import extract
from xshot.encoder.files import FileHashes
from xshot.encoder.local import LocalEngine
from xshot.store.features import Features
from xshot.store.manifest import Manifest


@pytest.fixture(scope="module")
def encoder(vit_folder):
    return load(vit_folder)


@pytest.fixture
def root(tmp_path):
    """A folder of pictures, old enough to be remembered."""
    rng = np.random.default_rng(0)
    for row in range(N):
        path = tmp_path / "pictures" / f"{row}.png"
        path.parent.mkdir(exist_ok=True)
        picture(rng).save(path)
        os.utime(path, LONG_AGO)
    return tmp_path / "pictures"


@pytest.fixture
def manifest():
    return Manifest(
        ids=tuple(f"row-{row}" for row in range(N)),
        images=tuple(f"{row}.png" for row in range(N)),
        texts=tuple(f"the red line {'dog ' * (row % 4)}{row}" for row in range(N)),
        labels=tuple((CLASSES[row % 3], *CLASSES[1 : 1 + row % 2]) for row in range(N)),
        splits=("train",) * N,
    )


@pytest.fixture
def run(tmp_path, root, encoder):
    """Extract through the cache in `tmp_path`; `encodes=False` fails if anything is encoded."""

    def not_needed():
        raise AssertionError("the encoder is loaded though all is cached")

    def extraction(manifest, *, encodes=True, max_rejected=None, threads=2, long_texts="truncate"):
        tokenizer = replace(encoder.tokenizer, long_texts=long_texts)
        ready = replace(encoder, tokenizer=tokenizer)
        found = extract(
            manifest,
            root,
            engine=LocalEngine((lambda: ready) if encodes else not_needed, threads=threads),
            cache=tmp_path / "cache" / "encoder",
            hashes=FileHashes(tmp_path / "cache" / "files.hashes"),
            templates=TEMPLATES,
            long_texts=long_texts,
            max_rejected=max_rejected,
        )
        features = found.features
        return replace(found, features=Features(features.ids, features.image[:], features.text[:]))

    return extraction
