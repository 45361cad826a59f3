"""Ready-made features become the rows of a table, in whichever of the usual forms they come."""

import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from xshot.errors import UserError
from xshot.lance_store import parquet_rows
from xshot.lance_store import ready_made as module
from xshot.lance_store.ready_made import ready_made
from xshot.search import export as exporting
from xshot.search.export import export


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(module, "BLOCK_ROWS", 5)
    monkeypatch.setattr(parquet_rows, "BLOCK_ROWS", 5)


def read(path, root="/pictures"):
    """Features and what is told of all rows, and their keys."""
    source = ready_made(path, root, "said by the user")
    parts = list(source.parts())
    features = [part.features(np.arange(len(part.keys))) for part in parts]
    keys = [key for part in parts for key in part.keys]
    return source, np.concatenate(features), [one for part in parts for one in part.told], keys


@pytest.fixture(scope="module")
def unit():
    rows = np.random.default_rng(0).standard_normal((13, 6)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("form", ["layout", "parquet"])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_an_export_comes_back(gallery, tmp_path, monkeypatch, form, dtype):
    monkeypatch.setattr(exporting, "BLOCK_ROWS", 3)
    folder = tmp_path / "embeddings"
    export(folder, gallery, None, part_rows=6, dtype=dtype)
    source, features, told, keys = read(folder / "vectors.parquet" if form == "parquet" else folder)
    atol = 0 if dtype == "float32" else 1e-3
    np.testing.assert_allclose(features, gallery.features["image"], atol=atol)
    assert [one.image for one in told] == [str(gallery.picture(n)) for n in range(len(gallery))]
    assert [(one.text, one.labels) for one in told] == [*zip(gallery.texts, gallery.labels)]  # noqa: B905
    assert source.columns == ["text", "labels"]
    assert source.encoder_fingerprint == gallery.encoder_fingerprint
    assert len(set(keys)) == len(source) == len(gallery)


def test_of_a_picture_in_several_rows_the_first_counts(unit, tmp_path):
    table = {
        "image_path": [f"{row // 2}.png" for row in range(13)],
        "picture": [row - row % 2 for row in range(13)],
        "image_vector": list(unit),
    }
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    _, features, told, _ = read(tmp_path / "a.parquet")
    np.testing.assert_array_equal(features, unit[::2])
    assert [one.image for one in told] == [f"{n}.png" for n in range(7)]


def test_arrays_have_numbers_for_names(unit, tmp_path):
    np.save(tmp_path / "a.npy", 3 * unit)
    source, features, told, _ = read(tmp_path / "a.npy")
    np.testing.assert_allclose(features, unit, atol=1e-6)
    assert [one.image for one in told] == [*map(str, range(13))]
    assert (source.encoder_fingerprint, source.columns) == ("said by the user", [])


def test_what_xshot_import_reads_comes_with_labels(unit, tmp_path):
    labels = np.array([f"class {row % 3}" for row in range(13)])
    ids = np.array([f"{row}.png" for row in range(13)])
    np.savez(tmp_path / "a.npz", image=unit, text=unit, labels=labels, ids=ids)
    source, features, told, _ = read(tmp_path / "a.npz")
    np.testing.assert_array_equal(features, unit)
    assert [(one.image, one.labels) for one in told] == [
        (name, (label,)) for name, label in zip(ids, labels, strict=True)
    ]
    assert source.columns == ["labels"]


def test_equal_rows_have_equal_keys_and_others_do_not(unit, tmp_path):
    np.save(tmp_path / "a.npy", unit)
    np.save(tmp_path / "b.npy", np.concatenate([unit[:12], -unit[12:]]))
    first, second = (read(tmp_path / name)[3] for name in ("a.npy", "b.npy"))
    assert first[:12] == second[:12]
    assert first[12] != second[12]


def test_what_cannot_be_read_is_one_line(gallery, embedder, unit, tmp_path):
    def refused(path, message):
        with pytest.raises(UserError, match=message) as error:
            read(path)
        assert "\n" not in str(error.value)

    export(tmp_path / "model", gallery, embedder)
    refused(tmp_path / "model", "of a trained model; export the features with `--system clip`")
    refused(tmp_path / "none.npy", r"none.npy: .*No such file")
    os.mkfifo(tmp_path / "pipe.npy")
    refused(tmp_path / "pipe.npy", "pipe.npy: .*named pipe.*; name a file")
    refused(tmp_path / "none.txt", "cannot be read for features; give a folder")
    (tmp_path / "half.parquet").write_bytes(b"PAR1")
    refused(tmp_path / "half.parquet", "half.parquet: cannot be read .Parquet file size")
    pq.write_table(pa.table({"a": [1]}), tmp_path / "other.parquet")
    refused(tmp_path / "other.parquet", "no column image_vector")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "0 files in img_emb and 0 in metadata")
    bad = unit.copy()
    bad[7] = np.nan
    np.save(tmp_path / "bad.npy", bad)
    refused(tmp_path / "bad.npy", "bad.npy, rows from 6: row 3 is zero or not finite")


def vectors(rows, dtype=None, **columns):
    return lambda file: pq.write_table(
        pa.table({"image_vector": pa.array(rows, dtype), **columns}), file
    )


def array(rows):
    return lambda file: np.save(file, rows)


ROWS = np.arange(1.0, 21, dtype=np.float32).reshape(5, 4)
LISTS = pa.list_(pa.float32())


@pytest.mark.parametrize(
    ("name", "write", "message"),
    [
        ("a.npy", array(ROWS[0]), r"an array of shape \(4,\); give rows of features"),
        ("a.npy", array(ROWS[None]), r"an array of shape \(1, 5, 4\); give rows"),
        ("a.npy", array(np.float32(1)), r"an array of shape \(\); give rows"),
        ("a.npy", array(np.zeros(3, [("a", float)])), r"an array of shape \(3,\); give rows"),
        ("a.npy", array(ROWS[:0]), "no rows; give a folder"),
        ("a.npy", array(ROWS[:, :1]), "rows from 1: dimensions: 1, but .* two at least"),
        ("a.npy", array(ROWS.astype(str)), "rows from 1: <U32 of .*; give rows of 4 numbers each"),
        ("a.npy", array(ROWS * 1j), "rows from 1: complex64 of .*; give rows of 4 numbers each"),
        ("a.parquet", vectors([], LISTS), "no rows; give a folder"),
        ("a.parquet", vectors([1, 2]), "row 1 of image_vector is no list of numbers; leave it"),
        ("a.parquet", vectors([None, [1.0, 2.0]]), "row 1 of image_vector is no list of numbers"),
        ("a.parquet", vectors([[], []], LISTS), "row 1 of image_vector is no list of numbers"),
        ("a.parquet", vectors([[1.0, 2.0], None]), "row 2 of image_vector is no list of 2 numbers"),
        ("a.parquet", vectors([[1.0, 2.0]] * 7 + [[3.0]]), "row 8 of .* is no list of 2 numbers"),
        ("a.parquet", vectors([["a", "b"]]), "object of .*; give rows of 2 numbers each"),
        ("a.parquet", vectors([[1.0, None]]), "row 1 is zero or not finite"),
    ],
)
def test_features_that_are_none(tmp_path, name, write, message):
    write(tmp_path / name)
    with pytest.raises(UserError, match=f"{name}.*{message}"):
        read(tmp_path / name)


def test_columns_of_other_types_are_taken_as_they_read(tmp_path):
    columns = {"image_path": [1, 2], "caption": [None, 3.5], "labels": ["cat", None]}
    vectors([[1.0, 2.0], [3.0, 4.0]], picture=["a", "b"], **columns)(tmp_path / "a.parquet")
    _, _, told, _ = read(tmp_path / "a.parquet")
    assert [*told] == [("1", "", ("cat",)), ("2", "3.5", ())]
