"""Engines that an export is for can read it, and then find what the retriever finds."""

import json
import shutil
from dataclasses import replace

import faiss
import numpy as np
import pyarrow.parquet as pq
import pytest
from qdrant_client import QdrantClient, models

import xshot
from xshot.errors import UserError
from xshot.search import export as module
from xshot.search.export import VECTORS, export
from xshot.search.gallery import read_dataset
from xshot.search.index import open_index, write_index

QUERIES = ("a red bird", "a house", "something to eat")


@pytest.fixture(scope="module")
def retriever(repository):
    gallery = read_dataset(repository, repository / "raw")
    return xshot.Retriever.load(repository / "models/projector", gallery=gallery, device="cpu")


@pytest.fixture(scope="module", params=["model", "clip"])
def exported(request, retriever, tmp_path_factory):
    """An export of several parts, by system."""
    folder = tmp_path_factory.mktemp("export") / "embeddings"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_ROWS", 3)
        embedder = retriever._space.embedder if request.param == "model" else None
        export(folder, retriever.gallery, embedder, part_rows=6)
    return request.param, folder


def columns(files):
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def agrees(hits, scores):
    """A search's hits are the rows of these scores, up to rounding."""
    assert [hit.score for hit in hits] == pytest.approx(scores, abs=1e-5)


@pytest.mark.parametrize("find", ["image", "text"])
def test_faiss_finds_the_same_in_the_layout_of_clip_retrieval(retriever, exported, find):
    system, folder = exported
    kind = {"image": "img_emb", "text": "text_emb"}[find]
    parts = sorted((folder / kind).iterdir())  # as autofaiss and clip-retrieval order them
    metadata = columns(sorted((folder / "metadata").iterdir()))
    assert len(parts) > 9  # so that the order of names and of numbers could differ
    rows = [np.load(part) for part in parts]
    assert max(map(len, rows)) == 6
    index = faiss.IndexFlatIP(rows[0].shape[1])
    for part in rows:
        index.add(part)
    assert index.ntotal == len(metadata) == len(retriever.gallery)
    for text in QUERIES:
        scores, places = index.search(retriever.embed_query(text=text, system=system)[None], 10)
        hits = retriever.search(text=text, k=10, system=system, find=find)
        agrees(hits, scores[0].tolist())
        assert {hit.row for hit in hits[:3]} == set(places[0, :3].tolist())
        for hit in hits:
            told = metadata[hit.row]
            assert told["image_path"] == str(retriever.gallery.picture(hit.row).absolute())
            assert (told["caption"], tuple(told["labels"])) == (hit.text, hit.labels)


def test_qdrant_finds_the_same_in_one_parquet(retriever, exported):
    system, folder = exported
    table = pq.read_table(folder / VECTORS)
    told = json.loads(table.schema.metadata[b"xshot"])
    rows = table.to_pylist()
    client = QdrantClient(":memory:")
    size = told["dimensions"]
    client.create_collection(
        "pictures", vectors_config=models.VectorParams(size=size, distance=models.Distance.DOT)
    )
    client.upsert(
        "pictures",
        [
            models.PointStruct(
                id=n, vector=row["image_vector"], payload={"file": row["image_path"]}
            )
            for n, row in enumerate(rows)
        ],
    )
    for text in QUERIES:
        query = retriever.embed_query(text=text, system=system).tolist()
        points = client.query_points("pictures", query, limit=10).points
        hits = retriever.search(text=text, k=10, system=system)
        agrees(hits, [point.score for point in points])
        assert {hit.row for hit in hits[:3]} == {point.id for point in points[:3]}
        assert points[0].payload["file"].endswith(hits[0].image)
    assert told == {
        "system": system,
        "gallery": retriever.gallery.name,
        "encoder_fingerprint": retriever.gallery.encoder_fingerprint,
        "rows": len(rows),
        "dimensions": size,
        "dtype": "float32",
    }


def test_vectors_are_those_that_search_compares(retriever, exported):
    system, folder = exported
    table = pq.read_table(folder / VECTORS)
    for side in ("image", "text"):
        vectors = np.array(table[f"{side}_vector"].to_pylist(), np.float32)
        np.testing.assert_allclose(vectors, retriever.items(system, side), atol=1e-6)


def test_float16_halves_the_bytes(retriever, tmp_path):
    gallery = retriever.gallery
    whole = export(tmp_path / "a", gallery, None)
    half = export(tmp_path / "b", gallery, None, dtype="float16")
    assert (whole.dtype, half.dtype) == ("float32", "float16")
    one, other = (np.load(tmp_path / name / "img_emb/img_emb_0.npy") for name in "ab")
    assert 2 * other.nbytes == one.nbytes
    np.testing.assert_allclose(other, one, atol=2**-11)
    column = pq.read_table(tmp_path / "b" / VECTORS)["text_vector"]
    assert column.type.value_type == "halffloat"
    np.testing.assert_array_equal(
        np.array(column.to_pylist(), np.float16), np.load(tmp_path / "b/text_emb/text_emb_0.npy")
    )


def test_rows_of_one_picture_name_its_first(retriever, tmp_path):
    gallery = retriever.gallery
    images = (gallery.images[0], *gallery.images[:1], *gallery.images[2:])
    labels = (gallery.labels[0], *gallery.labels[:1], *gallery.labels[2:])
    shown = np.array([0, *range(2, len(images))])
    twice = replace(gallery, images=images, labels=labels, pictures=shown)
    export(tmp_path / "a", twice, None)
    pictures = pq.read_table(tmp_path / "a/metadata/metadata_0.parquet")["picture"].to_pylist()
    assert pictures == [0, 0, *range(2, len(images))]


def test_an_index_is_read_in_blocks_and_has_no_captions(retriever, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BLOCK_ROWS", 4)
    features = {"image": retriever.gallery.features["image"]}
    write_index(
        tmp_path / "i.h5",
        replace(retriever.gallery, root=tmp_path, features=features, pictures=None),
    )
    with open_index(tmp_path / "i.h5") as gallery:
        assert not isinstance(gallery.features["image"], np.ndarray)
        export(tmp_path / "a", gallery, retriever._space.embedder, part_rows=8)
    assert not (tmp_path / "a/text_emb").exists()
    names = pq.read_schema(tmp_path / "a" / VECTORS).names
    assert names == ["image_path", "picture", "image_vector"]
    parts = [np.load(part) for part in sorted((tmp_path / "a/img_emb").iterdir())]
    np.testing.assert_allclose(np.concatenate(parts), retriever.items("model", "image"), atol=1e-6)


def test_only_an_export_is_replaced(retriever, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/vectors.parquet").write_text("mine")
    with pytest.raises(UserError, match="photos: holds other files; name a new folder"):
        export(tmp_path / "photos", retriever.gallery, None)
    with pytest.raises(UserError, match=r"vectors\.parquet: is a file; name the folder"):
        export(tmp_path / "photos/vectors.parquet", retriever.gallery, None)
    (tmp_path / "new").mkdir()
    for _ in range(2):
        export(tmp_path / "new", retriever.gallery, None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "photos"]


def test_what_fails_half_way_leaves_what_was_there(retriever, tmp_path, monkeypatch):
    target = tmp_path / "a"
    export(target, retriever.gallery, None)
    before = {path: path.read_bytes() for path in target.rglob("*") if path.is_file()}

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module._Part, "write", full)
    with pytest.raises(UserError, match="No space left on device; free space"):
        export(target, retriever.gallery, None)
    assert {path: path.read_bytes() for path in target.rglob("*") if path.is_file()} == before
    shutil.rmtree(target)
    with pytest.raises(UserError):
        export(target, retriever.gallery, None)
    assert not list(tmp_path.iterdir())
