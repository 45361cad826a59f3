from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xshot.errors import UserError
from xshot.store.manifest import Manifest, check_manifest, read_manifest, write_manifest

GOOD = Manifest(
    ids=("a", "b"),
    images=("x/a.png", "Bild 1 \u202f👩‍🚀.png"),
    texts=("one", "two\nlines"),
    labels=(("cat",), ("cat", "sea & sun")),
    splits=("train", "test"),
)

words = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"]), min_size=1)
texts = words.filter(str.strip)
labels = st.lists(texts.filter(lambda s: "|" not in s), min_size=1, max_size=3, unique=True)


@st.composite
def manifests(draw):
    ids = draw(st.lists(texts, min_size=1, max_size=5, unique=True))
    each = [st.just("p/1.png"), texts, labels.map(tuple), st.sampled_from(["train", "test"])]
    columns = [tuple(draw(strategy) for _ in ids) for strategy in each]
    return Manifest(tuple(ids), *columns)


@given(manifest=manifests())
def test_comes_back_as_written(tmp_path_factory, manifest):
    path = tmp_path_factory.mktemp("store") / "data" / "manifest.parquet"
    write_manifest(path, manifest)
    assert read_manifest(path) == manifest
    assert [file.name for file in path.parent.iterdir()] == ["manifest.parquet"]


def test_same_rows_same_bytes(tmp_path):
    for name in ("first", "second"):
        write_manifest(tmp_path / name, GOOD)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
    metadata = pq.read_schema(tmp_path / "first").metadata or {}
    assert b"pandas" not in metadata


def test_columns_of_the_contract(tmp_path):
    write_manifest(tmp_path / "m", GOOD)
    schema = pq.read_schema(tmp_path / "m")
    assert schema.names == ["id", "image", "text", "labels", "split"]
    assert schema.field("labels").type.value_type == pa.string()


@pytest.mark.parametrize(
    ("column", "second", "message"),
    [
        ("ids", "a", r"the id is taken by row 1"),
        ("ids", "", r"the id is empty"),
        ("ids", "b\n", r"control character"),
        ("ids", "é" * 513, r"the id takes 1026 bytes, more than 1024"),
        ("images", "/b.png", r"absolute"),
        ("images", "\\\\host\\b.png", r"absolute"),
        ("images", "C:\\b.png", r"absolute"),
        ("images", "p/../b.png", r"climbs out"),
        ("images", "..", r"climbs out"),
        ("images", "p\\..\\b.png", r"climbs out"),
        ("images", "", r"empty"),
        ("images", "b\0.png", r"control character"),
        ("images", "b\udce9.png", r"control character"),
        ("texts", "\t\n", r"the text is empty"),
        ("texts", "\ud800", r"broken characters"),
        ("labels", (), r"no label"),
        ("labels", ("",), r"the label '' is empty .*; name the class"),
        ("labels", ("\ud800",), r"the label '\\ud800' .* control character; name the class"),
        ("labels", ("a|b",), r"holds '\|'"),
        ("labels", ("a", "a"), r"'a\|a' name a class twice"),
        ("labels", ("a", "b" * 1025), r"the label takes 1025 bytes, more than 1024"),
        ("splits", "val", r"unknown split 'val'; write train or test"),
    ],
)
def test_bad_row_is_named_and_nothing_written(tmp_path, column, second, message):
    bad = replace(GOOD, **{column: (getattr(GOOD, column)[0], second)})
    with pytest.raises(UserError, match=rf"manifest: row 2 \(id .*\): .*{message}"):
        write_manifest(tmp_path / "manifest", bad)
    assert list(tmp_path.iterdir()) == []


def test_dots_that_climb_nowhere_are_fine():
    check_manifest(replace(GOOD, images=("a..png", ".../b.png")), source="x")


def test_no_rows(tmp_path):
    with pytest.raises(UserError, match=r"manifest: no rows"):
        write_manifest(tmp_path / "manifest", Manifest((), (), (), (), ()))


def test_absent_broken_and_foreign_files(tmp_path):
    path = tmp_path / "manifest.parquet"
    with pytest.raises(UserError, match=r"manifest.parquet: no such file; run `dvc repro prepare`"):
        read_manifest(path)
    write_manifest(path, GOOD)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match=r"manifest.parquet: incomplete: still being written"):
        read_manifest(path)
    pq.write_table(pa.table({"id": ["a"], "image": ["a.png"]}), path)
    with pytest.raises(UserError, match=r"manifest.parquet: expected the columns id string"):
        read_manifest(path)


def test_a_flipped_bit_in_the_rows_is_noticed(tmp_path):
    path = tmp_path / "manifest.parquet"
    write_manifest(path, GOOD)
    whole = path.read_bytes()
    place = whole.index(b"lines")
    path.write_bytes(whole[:place] + b"L" + whole[place + 1 :])
    with pytest.raises(UserError, match=r"manifest.parquet: not a readable Parquet file"):
        read_manifest(path)


def test_reading_checks_the_rows_too(tmp_path):
    path = tmp_path / "manifest.parquet"
    write_manifest(path, GOOD)
    table = pq.read_table(path)
    twice = pa.concat_tables([table, table])
    pq.write_table(twice, path)
    with pytest.raises(UserError, match=r"row 3 \(id 'a'\): the id is taken by row 1"):
        read_manifest(path)
