"""A table written by a Ray cluster of two workers: the same rows, also if one is killed."""

from operator import itemgetter

import numpy as np
import pytest
from PIL import Image

from tests.support.ray_workers import Killer
from xshot.encoder.cache import FeatureCache
from xshot.lance_store import appending, sources
from xshot.lance_store.sources import FolderSource
from xshot.lance_store.table import LanceTable
from xshot.lance_store.writing import Written, write_store
from xshot.projector.file import load_embedder
from xshot.search.encoder import encoder_of
from xshot.search.index import cluster_of, encode_folder

N, FILE_ROWS = 1200, 20

pytestmark = pytest.mark.slow


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for row in range(N):
        pixels = rng.integers(0, 255, (4, 4, 3), np.uint8)
        Image.fromarray(pixels).resize((32, 32)).save(folder / f"{row}.png")
    (folder / "broken.png").write_bytes(b"this is no picture")
    return folder


def rows_of(path):
    """All that a table holds, by path."""
    rows = LanceTable(path).dataset.to_table().to_pylist()
    return sorted(rows, key=itemgetter("path"))


def test_the_same_rows_as_of_one_machine_though_workers_are_killed(
    repository, photos, cluster, tmp_path, monkeypatch
):
    model = repository / "models/projector"
    embedder, provenance = load_embedder(model)
    encoder = encoder_of(model, provenance, device="cpu")
    alone = encode_folder(photos, encoder, cache=tmp_path / "cache", threads=1)
    monkeypatch.setattr(appending, "FILE_ROWS", FILE_ROWS)
    monkeypatch.setattr(sources, "BLOCK_ROWS", FILE_ROWS)
    write_store(tmp_path / "alone", FolderSource(alone), embedder, model)

    cache, path = tmp_path / "cache on ray", tmp_path / "on ray"
    engine = cluster_of(encoder, cache=cache, threads=1)
    while_encoding = Killer(lambda: sum(len(FeatureCache(one)) for one in cache.glob("*/image")))
    found = encode_folder(photos, encoder, cache=cache, threads=1, cluster=engine)
    versions = path / "_versions"
    before = 1  # the empty table's
    while_writing = Killer(lambda: max(0, len([*versions.glob("*.manifest")]) - before))
    done = write_store(path, FolderSource(found), embedder, model, cluster=engine)

    assert 0 < while_encoding.killed_at < N
    assert 0 < while_writing.killed_at < N / FILE_ROWS
    assert done == Written(N, N, 0, 0)
    assert rows_of(path) == rows_of(tmp_path / "alone")
    assert write_store(path, FolderSource(found), embedder, model, cluster=engine).added == 0
