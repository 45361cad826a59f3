from typing import get_args

import pytest

from xshot.datasets.adapters import ADAPTERS, build_manifest
from xshot.datasets.params import DatasetName
from xshot.errors import UserError

HEADER = "id,image,text,label,split\n"
SPLIT = {"split_seed": 0, "test_fraction": 0.4, "min_test": 5}


def build(root, name="manifest", **split):
    return build_manifest(name, root, **{**SPLIT, **split})


def test_every_dataset_name_has_an_adapter():
    assert set(ADAPTERS) == set(get_args(DatasetName))


def test_own_split_is_kept(tree, jpg):
    table = HEADER + "a,a.jpg,one,cat,test\nb,a.jpg,two,cat|dog,train\n"
    result = build(tree({"manifest.csv": table, "a.jpg": jpg}))
    assert result.ids == ("a", "b")
    assert result.splits == ("test", "train")
    assert result.labels == (("cat",), ("cat", "dog"))


def test_split_is_drawn_where_there_is_none(tree, jpg):
    names = [f"{label}{i:02}" for label in "xy" for i in range(20)]
    table = "image,text,label\n" + "".join(f"{n}.jpg,text,{n[0]}\n" for n in names)
    root = tree({"manifest.csv": table, **{f"{n}.jpg": jpg for n in names}})
    result = build(root)
    assert result.splits[:20].count("test") == result.splits[20:].count("test") == 8
    assert build(root, split_seed=1).splits != result.splits
    assert build(root, test_fraction=0.1, min_test=3).splits.count("test") == 6


def test_incomplete_copy_is_warned_of(tree, jpg, caplog):
    files = {f"dataset/dog/{i:02}.jpg": jpg for i in range(12)}
    files |= {f"sentence/dog/{i:02}.txt": "A dog." for i in range(12)}
    assert len(build(tree(files), "pascal_sentence")) == 12
    assert "12 pairs, but the published pascal_sentence has 1000" in caplog.text


def test_a_picture_in_both_parts_of_a_given_split_is_warned_of_once(tree, jpg, caplog):
    table = HEADER + "".join(
        f"{row},{image}.jpg,text,cat,{split}\n"
        for row, (image, split) in enumerate(
            [("a", "train"), ("b", "test"), ("c", "test"), ("b", "train"), ("a", "test")]
        )
    )
    files = {"manifest.csv": table, **{f"{name}.jpg": jpg for name in "abc"}}
    result = build(tree(files))
    assert result.splits == ("train", "test", "test", "train", "test")
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "2 pictures are in train and in test, the first in row 4: b.jpg" in caplog.text


def test_a_split_that_shares_no_picture_is_not_spoken_of(tree, jpg, caplog):
    table = HEADER + "a,a.jpg,one,cat,train\nb,a.jpg,two,cat,train\nc,c.jpg,three,cat,test\n"
    build(tree({"manifest.csv": table, "a.jpg": jpg, "c.jpg": jpg}))
    assert caplog.records == []


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
        (",a.jpg,x,l,\n", r"row 1 \(id ''\): the id is empty"),
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
