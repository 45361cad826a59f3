"""A gallery in memory, and the same in a table of several files."""

from dataclasses import replace

import numpy as np
import pytest

import xshot
from xshot.lance_store import appending
from xshot.lance_store.gallery import open_store
from xshot.lance_store.sources import Part, digest
from xshot.lance_store.writing import write_store
from xshot.projector.file import load_embedder
from xshot.search.gallery import read_dataset
from xshot.search.table import Told


class GallerySource:
    """The rows of a gallery in memory, in parts of a few."""

    columns = ("text", "labels")

    def __init__(self, gallery, rows=None, part_rows=7, stop_after=None):
        self.gallery = gallery
        self.rows = list(range(len(gallery)) if rows is None else rows)
        self.part_rows = part_rows
        self.stop_after = stop_after
        self.root = gallery.root
        self.encoder_fingerprint = gallery.encoder_fingerprint
        self.dimensions = gallery.features["image"].shape[1]

    def __len__(self):
        return len(self.rows)

    def parts(self):
        features = self.gallery.features["image"]
        for start in range(0, len(self.rows), self.part_rows):
            if self.stop_after is not None and start >= self.stop_after:
                raise KeyboardInterrupt
            rows = self.rows[start : start + self.part_rows]
            told = [Told(*one) for one in self.gallery.told(rows)]
            keys = [
                digest(one.image, features[row].tobytes())
                for one, row in zip(told, rows, strict=True)
            ]
            yield Part(keys, told, lambda places, rows=rows: features[np.array(rows)[places]])


@pytest.fixture(scope="session")
def model(repository):
    return repository / "models/projector"


@pytest.fixture(scope="session")
def embedder(model):
    return load_embedder(model)[0]


@pytest.fixture(scope="session")
def gallery(repository):
    """All pictures are told apart by their names."""
    whole = read_dataset(repository, repository / "raw")
    images = tuple(f"{'ab'[row % 2]}/{row} it's.png" for row in range(len(whole)))
    features = {"image": whole.features["image"]}
    return replace(whole, images=images, features=features, pictures=None)


@pytest.fixture(scope="session")
def many(gallery):
    """Enough rows for an index: those of the gallery, several times, not quite alike."""
    rng = np.random.default_rng(0)
    rows = np.tile(gallery.features["image"], (1 + 900 // len(gallery), 1))
    rows += 0.05 * rng.standard_normal(rows.shape, np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    names = tuple(f"{row}.png" for row in range(len(rows)))
    told = {"texts": ("",) * len(rows), "labels": (("a",),) * len(rows)}
    return replace(gallery, images=names, features={"image": rows}, **told)


@pytest.fixture
def small_files(monkeypatch):
    """Tables of some rows have several files."""
    monkeypatch.setattr(appending, "FILE_ROWS", 14)


@pytest.fixture(scope="session")
def path(gallery, model, embedder, tmp_path_factory):
    path = tmp_path_factory.mktemp("store") / "my photos.lance"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(appending, "FILE_ROWS", 14)
        write_store(path, GallerySource(gallery), embedder, model)
    return path


def load(model, gallery):
    return xshot.Retriever.load(model, gallery=gallery, device="cpu")


@pytest.fixture(scope="session")
def stored(path, model):
    return load(model, open_store(path))


@pytest.fixture(scope="session")
def in_memory(gallery, model):
    return load(model, gallery)


def agree(hits, expected):
    """The same hits, up to rounding; where scores are all but equal in any order."""
    assert [hit.score for hit in hits] == pytest.approx([hit.score for hit in expected], abs=1e-5)
    for hit, other in zip(hits, expected, strict=True):
        if hit.row != other.row:
            assert any(one.score == pytest.approx(hit.score, abs=1e-5) for one in expected)
        else:
            assert replace(hit, score=0, confidence=0) == replace(other, score=0, confidence=0)
