import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from xshot.datasets import manifest
from xshot.datasets.rows import Row
from xshot.errors import UserError

RECORDS = [
    {"image": "a.jpg", "text": "one, two", "label": "cat| big cat", "split": "train", "id": "x"},
    {"image": "./b\\c.jpg", "text": "line\nbreak é", "label": "dog", "split": "test", "id": "y"},
]
ROWS = [
    Row("x", "a.jpg", "one, two", ("cat", "big cat"), "train"),
    Row("y", "b/c.jpg", "line\nbreak é", ("dog",), "test"),
]


def test_csv(tree):
    table = (
        "\ufeffimage,text,label,split,id\r\n"
        'a.jpg,"one, two",cat| big cat,train,x\r\n'
        '\r\n./b\\c.jpg,"line\nbreak é",dog,test,y\r\n'
    )
    assert manifest.read(tree({"manifest.csv": table})) == ROWS


def test_jsonl(tree):
    table = "\n\n".join(json.dumps(record) for record in RECORDS)
    assert manifest.read(tree({"manifest.jsonl": table})) == ROWS


def test_parquet(tree):
    root = tree({"x": ""})
    pq.write_table(pa.Table.from_pylist(RECORDS), root / "manifest.parquet")
    assert manifest.read(root) == ROWS


def test_parquet_reads_no_other_column(tree):
    root = tree({"x": ""})
    # a date that Python has no value for
    strange = pa.array([2**62, 0], pa.timestamp("us"))
    table = pa.Table.from_pylist(RECORDS).append_column("taken", strange)
    pq.write_table(table, root / "manifest.parquet")
    assert manifest.read(root) == ROWS
    pq.write_table(table.drop_columns(["label"]), root / "manifest.parquet")
    with pytest.raises(UserError, match=r"missing column label; found image, text, split"):
        manifest.read(root)


def test_lists_and_numbers_as_labels(tree):
    table = "\n".join(
        json.dumps({"image": "a.jpg", "text": "t", "label": label})
        for label in (["cat", "dog", "cat"], 7, ["cat", 7], 7.0, float("nan"), None)
    )
    rows = manifest.read(tree({"manifest.jsonl": table}))
    labels = [("cat", "dog"), ("7",), ("cat", "7"), ("7",), ("",), ("",)]
    assert [row.labels for row in rows] == labels


@pytest.mark.parametrize(
    ("cell", "labels"),
    [
        ("['cat', 'big dog']", ("cat", "big dog")),
        ("['cat' 'big dog']", ("cat", "big dog")),  # NumPy's
        ('["cat", "big dog"]', ("cat", "big dog")),
        ("['it\\'s']", ("it's",)),
        ("[1, 2]", ("1", "2")),
        ("('cat', 'big dog')", ("cat", "big dog")),
        ("('cat',)", ("cat",)),
        ("{'cat', 'big dog'}", ("big dog", "cat")),
        ("array(['cat', 'big dog'], dtype=object)", ("cat", "big dog")),
        ("array(['cat' 'big dog'])", ("cat", "big dog")),
        ('["cat", null]', ("cat", "")),
        ("{'cat': 1}", ("{'cat': 1}",)),
        ("{[1]}", ("{[1]}",)),
        ("(1st place)", ("(1st place)",)),
        ("(big) cat (big)", ("(big) cat (big)",)),
        ("[]", ()),
        ("[sic]", ("[sic]",)),
        ("[a|b]", ("[a", "b]")),
        ("[" * 5000, ("[" * 5000,)),
    ],
)
def test_lists_that_a_program_has_written_into_a_cell(tree, cell, labels):
    table = f"image;text;label\na.jpg;t;{cell}\n"
    assert manifest.read(tree({"manifest.csv": table}))[0].labels == labels


@pytest.mark.parametrize(
    ("cell", "texts"),
    [
        ('["one, two", "three"]', ("one, two", "three")),
        ("['one']", ("one",)),
        ("[]", ("",)),
        ("[1]", ("[1]",)),
        ("[see above]", ("[see above]",)),
    ],
)
def test_lists_of_texts(tree, cell, texts):
    """A row for each, whatever the table; only in CSV a list is printed into a cell."""
    csv = tree({"manifest.csv": f"image;text;label;id\na.jpg;{cell};x;\nb.jpg;{cell};x;k\n"})
    rows = manifest.read(csv)
    assert [row.text for row in rows] == [*texts, *texts]
    assert [row.id for row in rows[:2]] == ["a.jpg", "a.jpg#2" if len(texts) > 1 else "k"]
    (csv / "manifest.csv").unlink()
    record = {"image": "a.jpg", "label": "x", "id": "k"}
    lines = (
        json.dumps(record | {"text": text, "id": id_}) for id_, text in (("k", texts), ("l", cell))
    )
    (csv / "manifest.jsonl").write_text("\n".join(lines))
    rows = manifest.read(csv)
    assert [row.text for row in rows] == [*texts, cell]
    assert [row.id for row in rows] == ["k", *(f"k#{n + 2}" for n in range(len(texts) - 1)), "l"]


def test_without_split_and_id(tree):
    table = "text,label,image,extra\none,a,p/1.jpg,\ntwo,a,p/1.jpg,\nthree,b,2.jpg,\n"
    rows = manifest.read(tree({"manifest.csv": table}))
    assert [row.id for row in rows] == ["p/1.jpg", "p/1.jpg#2", "2.jpg"]
    assert {row.split for row in rows} == {None}


def test_a_text_may_be_an_article(tree):
    text = "word " * 40_000
    (row,) = manifest.read(tree({"manifest.csv": f"image,text,label\na.jpg,{text},cat\n"}))
    assert row.text == text.strip()


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"x": ""}, r"root: found no manifest; put there exactly one of manifest.csv, "),
        (
            {"manifest.csv": "", "manifest.jsonl": ""},
            r"found manifest.csv and manifest.jsonl; keep exactly one of",
        ),
        ({"manifest.csv": "image text label\n"}, r"missing column image, text, label; found image"),
        (
            {"manifest.csv": "Image,Text,Label\n"},
            r"found Image, Text, Label; name the columns image,text,label\[,split\]",
        ),
        ({"manifest.csv": "image,text\n"}, r"missing column label; found image, text"),
        ({"manifest.csv": "image,text,text\n"}, r"column 'text' appears twice; keep one"),
        ({"manifest.csv": "image,text,label\na,b\n"}, r"row 1 has 2 fields, the header 3"),
        ({"manifest.csv": "image,text,label\na,b,c\na,b, d,c\n"}, r"row 2 has 4 fields"),
        ({"manifest.csv": 'image,text,label\na,"b"x,c\n'}, r"row 1: .*; mend the quotes"),
        ({"manifest.csv": 'image,text,label\na,b,"c\n'}, r"row 1: .*; mend the quotes"),
        ({"manifest.csv": b"image,text,label\na,caf\xe9,c\n"}, r"byte 0xe9 is not UTF-8"),
        ({"manifest.jsonl": b'\xff{"image": 1}'}, r"byte 0xff is not UTF-8"),
        ({"manifest.jsonl": '{"image": "a"}'}, r"missing column text, label; found image"),
        ({"manifest.jsonl": "{}"}, r"missing column image, text, label"),
        ({"manifest.jsonl": "[1]"}, r"row 1 must be an object"),
        ({"manifest.jsonl": '{"image": "a"'}, r"row 1 is not JSON: .*; write one object a line"),
        (
            {"manifest.jsonl": '{"image": "a", "text": "t", "label": "l"}\n{"text": "t"}'},
            r"manifest.jsonl: row 2: no image; give the picture's path",
        ),
        ({"manifest.jsonl": "[" * 100_000}, r"row 1 is not JSON"),
        ({"manifest.parquet": b"PAR1 no"}, r"not a readable Parquet file \(.*\); write it anew"),
        (
            {"manifest.jsonl": '{"image": {"bytes": ""}, "text": "t", "label": "l"}'},
            r"row 1: 'image' must be text, found",
        ),
        (
            {"manifest.jsonl": '{"image": "a", "text": "t", "label": 1.5}'},
            r"row 1: 'label' must be text, found '1.5'",
        ),
    ],
)
def test_names_what_is_wrong(tree, files, message):
    root = tree(files)
    with pytest.raises(UserError, match=message):
        manifest.read(root)


def test_manifest_is_a_folder(tree):
    with pytest.raises(UserError, match=r"manifest.csv: a folder, not a file; name a file"):
        manifest.read(tree({"manifest.csv/x": ""}))
