from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xshot.datasets.adapters import ADAPTERS, build_manifest
from xshot.datasets.params import DatasetName
from xshot.errors import UserError
from xshot.store.manifest import read_manifest, write_manifest

HEADER = "id,image,text,label,split\n"
SPLIT = {"split_seed": 0, "test_fraction": 0.4, "min_test": 5}


def build(root, name="manifest", **split):
    return build_manifest(name, root, **{**SPLIT, **split})


def test_every_dataset_name_has_an_adapter():
    assert set(ADAPTERS) == set(get_args(DatasetName))


def test_own_split_is_kept(tree, jpgs):
    table = HEADER + "a,a.jpg,one,cat,test\nb,b.jpg,two,cat|dog,train\n"
    result = build(tree({"manifest.csv": table, **jpgs("a.jpg", "b.jpg")}))
    assert result.ids == ("a", "b")
    assert result.splits == ("test", "train")
    assert result.labels == (("cat",), ("cat", "dog"))


def test_split_is_drawn_where_there_is_none(tree, jpgs):
    names = [f"{label}{i:02}" for label in "xy" for i in range(20)]
    table = "image,text,label\n" + "".join(f"{n}.jpg,text,{n[0]}\n" for n in names)
    root = tree({"manifest.csv": table, **jpgs(*(f"{n}.jpg" for n in names))})
    result = build(root)
    assert result.splits[:20].count("test") == result.splits[20:].count("test") == 8
    assert build(root, split_seed=1).splits != result.splits
    assert build(root, test_fraction=0.1, min_test=3).splits.count("test") == 6


def test_incomplete_copy_is_warned_of(tree, jpg, caplog):
    files = {f"dataset/dog/{i:02}.jpg": jpg for i in range(12)}
    files |= {f"sentence/dog/{i:02}.txt": "A dog." for i in range(12)}
    assert len(build(tree(files), "pascal_sentence")) == 12
    assert "12 pairs, but the published pascal_sentence has 1000" in caplog.text


def test_a_picture_in_both_parts_of_a_given_split_is_warned_of_once(tree, jpgs, caplog):
    table = HEADER + "".join(
        f"{row},{image}.jpg,text,cat,{split}\n"
        for row, (image, split) in enumerate(
            [("a", "train"), ("b", "test"), ("c", "test"), ("b", "train"), ("a", "test")]
        )
    )
    root = tree({"manifest.csv": table, **jpgs("a.jpg", "b.jpg", "c.jpg")})
    result = build(root)
    assert result.splits == ("train", "test", "test", "train", "test")
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "2 pictures are in train and in test, the first in row '0': a.jpg" in caplog.text
    assert len(result.notes) == 1
    dropped = build(root, overlaps="drop")
    assert (dropped.ids, set(dropped.splits)) == (("1", "2", "4"), {"test"})
    assert "their training rows are left out" in dropped.notes[0]


def test_a_split_that_shares_no_picture_is_not_spoken_of(tree, jpgs, caplog):
    table = HEADER + "a,a.jpg,one,cat,train\nb,a.jpg,two,cat,train\nc,c.jpg,three,cat,test\n"
    build(tree({"manifest.csv": table, **jpgs("a.jpg", "c.jpg")}))
    assert caplog.records == []


def test_rows_of_one_file_are_one_picture_with_the_labels_of_all(tree, jpgs, caplog):
    table = "image,text,label\na.jpg,one,cat\na.jpg,two,dog\nb.jpg,three,cat\na.jpg,one,fox\n"
    root = tree({"manifest.csv": table, **jpgs("a.jpg", "b.jpg")})
    result = build(root)
    assert result.ids == ("a.jpg", "a.jpg#2", "b.jpg")
    assert result.labels == (("cat", "dog", "fox"), ("cat", "dog", "fox"), ("cat",))
    assert "1 picture stands in several rows with different labels, which are joi" in caplog.text
    assert "1 rows repeat the picture and the text of another" in caplog.text


def test_equal_bytes_are_one_picture_if_their_labels_agree_and_never_otherwise(tree, jpg, caplog):
    rows = ["a.jpg,one,cat", "b.jpg,two,cat", "c.jpg,three,dog", "d.jpg,four,dog"]
    root = tree(
        {
            "manifest.csv": "image,text,label\n" + "\n".join(rows),
            **{f"{name}.jpg": jpg for name in "abcd"},
        }
    )
    result = build(root)
    assert result.images == ("a.jpg", "a.jpg", "c.jpg", "c.jpg")
    assert result.labels == (("cat",), ("cat",), ("dog",), ("dog",))
    assert list(result.pictures) == ["a.jpg"] * 4
    assert len(set(result.splits)) == 1
    assert "2 pictures have the same bytes and labels as another" in caplog.text
    assert "1 picture has the same bytes as another with different labels: 'c.jpg'" in caplog.text
    write_manifest(root / "written.parquet", result)
    assert read_manifest(root / "written.parquet") == result


def test_lookalike_class_names_are_told(tree, jpgs, caplog):
    table = "image,text,label\n" + "".join(
        f"{row}.jpg,text,{name}\n" for row, name in enumerate(["Cat", "cat", "dog", "d\u200bog"])
    )
    build(tree({"manifest.csv": table, **jpgs(*(f"{row}.jpg" for row in range(4)))}))
    assert "4 class names look like another, but count as different classes: 'Cat'" in caplog.text


@st.composite
def tables(draw):
    """Rows of few pictures, some of them the same bytes, with shared texts and several labels."""
    contents = draw(st.lists(st.integers(0, 5), min_size=1, max_size=8))
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(0, len(contents) - 1),
                st.sampled_from(["one", "two", "three"]),
                st.sets(st.sampled_from("abcd"), min_size=1, max_size=3).map(sorted),
            ),
            min_size=1,
            max_size=20,
        )
    )
    return contents, rows


@given(tables(), st.integers(1, 5), st.floats(0.1, 0.9))
def test_no_picture_is_on_two_sides_of_a_drawn_split(table, min_test, fraction):
    contents, rows = table
    with TemporaryDirectory() as folder:
        root = Path(folder)
        for number, content in enumerate(contents):
            (root / f"{number}.png").write_bytes(b"\x89PNG\r\n\x1a\n%d" % content)
        lines = [f"{number}.png,{text},{'|'.join(labels)}" for number, text, labels in rows]
        (root / "manifest.csv").write_text("image,text,label\n" + "\n".join(lines))
        result = build(root, min_test=min_test, test_fraction=fraction)
    own = {}
    for number, _, labels in rows:
        own.setdefault(number, set()).update(labels)
    splits, kept = {}, set()
    for row, image, labels, split in zip(
        result.ids, result.images, result.labels, result.splits, strict=True
    ):
        number, first = (int(name.partition(".")[0]) for name in (row, image))
        assert set(labels) == own[number] == own[first]
        assert contents[first] == contents[number]
        splits.setdefault(contents[number], set()).add(split)
        kept.add(number)
    assert all(len(sides) == 1 for sides in splits.values())
    assert kept == {number for number, _, _ in rows}


def test_rows_are_checked_before_a_split_is_drawn(tree, jpg):
    table = '{"image": "a.jpg", "text": "t", "label": "\\ud800"}\n'
    with pytest.raises(UserError, match=r"row 1 \(id 'a.jpg'\): the label '\\ud800' is empty or"):
        build(tree({"manifest.jsonl": table, "a.jpg": jpg}))


def test_unknown_header_is_left_to_extract(tree, jpg, caplog):
    table = HEADER + "a,a.jpg,one,cat,test\nb,b.jpg,two,cat,train\n"
    assert len(build(tree({"manifest.csv": table, "a.jpg": jpg, "b.jpg": b"oops"}))) == 2
    assert "1 of 2 pictures have no known image header, the first in row 2: b.jpg" in caplog.text


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("", r"root: no rows"),
        ("a,a.jpg,x,l,\na,a.jpg,y,l,\n", r"row 2 \(id 'a'\): the id is taken by row 1"),
        ("a,no.jpg,x,l,\n", r"row 1 \(id 'a'\): image 'no.jpg': No such file.*; complete"),
        ("a,/etc/a.jpg,x,l,\n", r"row 1 \(id 'a'\): .*absolute"),
        ("a,C:\\a.jpg,x,l,\n", r"row 1 \(id 'a'\): .*absolute"),
        ("a,p/../../a.jpg,x,l,\n", r"row 1 \(id 'a'\): .*climbs out of data.root"),
        ("a,p\\..\\a.jpg,x,l,\n", r"row 1 \(id 'a'\): .*climbs out of data.root"),
        ("a,,x,l,\n", r"manifest.csv: row 1: no image; give the picture's path"),
        ("a,a.jpg, ,l,\n", r"row 1 \(id 'a'\): the text is empty"),
        ("a,a.jpg,x\0,l,\n", r"row 1 \(id 'a'\): the text holds NUL"),
        ("a,a.jpg,x,,\n", r"row 1 \(id 'a'\): the label '' is empty"),
        ("a,a.jpg,x,l|,\n", r"row 1 \(id 'a'\): the label '' is empty"),
        ("a,a.jpg,x,l,val\n", r"row 1 \(id 'a'\): unknown split 'val'; write train or test"),
        ("a,a.jpg,x,l,test\nb,a.jpg,x,l,\n", r"row 2 \(id 'b'\) has no split, but others have"),
    ],
)
def test_names_the_bad_row(tree, jpg, rows, message):
    root = tree({"manifest.csv": HEADER + rows, "a.jpg": jpg})
    with pytest.raises(UserError, match=message):
        build(root)


def test_missing_folder(tmp_path):
    with pytest.raises(UserError, match=r"nowhere: no such folder.*'wikipedia'.*mend data.root"):
        build(tmp_path / "nowhere", "wikipedia")
    with pytest.raises(UserError, match=r"nowhere: no such folder.*`dvc repro`"):
        build(tmp_path / "nowhere", "openmoji")
