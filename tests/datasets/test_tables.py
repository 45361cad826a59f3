"""Tables as spreadsheets, pandas and shells write them give the same rows."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xshot.datasets.tables import read_table
from xshot.errors import UserError

COLUMNS = ("image", "text", "label")
ROWS = [
    {"image": "a.jpg", "text": "one, two; three", "label": "cat"},
    {"image": "b/ü.jpg", "text": 'a "quoted"\nline break 鸟', "label": "dog|cat"},
    {"image": "c.jpg", "text": "ends", "label": "dog"},
]


def table(rows=ROWS, delimiter=",", end="\r\n", head="", extra=0, names=COLUMNS):
    text = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if end == "\r" else csv.QUOTE_MINIMAL  # or it forgets lone LF
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerow([*names, *[""] * extra])
    for row in rows:
        writer.writerow([*(row[name] for name in COLUMNS), *[""] * extra])
    return head + text.getvalue()


PLAIN = table()
FORMS = {
    "plain": PLAIN.encode(),
    "mark": PLAIN.encode("utf-8-sig"),
    "two marks": b"\xef\xbb\xbf" + PLAIN.encode("utf-8-sig"),
    "semicolons": table(delimiter=";").encode("utf-8-sig"),
    "tabs": table(delimiter="\t").encode(),
    "unicode text of Excel": table(delimiter="\t").encode("utf-16"),
    "big-endian": b"\xfe\xff" + table(delimiter="\t").encode("utf-16-be"),
    "utf-16 without a mark": PLAIN.encode("utf-16-le"),
    "sep line": table(delimiter=";", head="sep=;\r\n").encode("utf-8-sig"),
    "sep line, commas": table(head="sep=,\r\n").encode(),
    "sep line, tab": table(delimiter="\t", head="sep=\t\r\n").encode(),
    "sep line, odd": table(delimiter="|", head='"sep=|"\r\n').encode(),
    "powershell": table(head="#TYPE System.Management.Automation.PSCustomObject\r\n").encode(
        "utf-16"
    ),
    "lone CR": table(end="\r").encode(),
    "lone LF": table(end="\n").encode(),
    "no last line end": PLAIN.rstrip().encode(),
    "columns touched": table(extra=3).encode(),
    "rows touched": (PLAIN + ",,\r\n,,\r\n , ,\r\n").encode(),
    "rows touched before": (",,\r\n,,\r\n" + PLAIN).encode(),
    "blank lines": PLAIN.replace("dog\r\n", "dog\r\n\r\n\r\n").encode(),
    "columns and rows touched": (table(extra=2) + ",,,,\r\n").encode(),
    "header touched alone": PLAIN.replace("label\r\n", "label,,\r\n", 1).encode(),
    "rows touched to the right": PLAIN.replace("cat\r\n", "cat,,,\r\n").encode(),
    "spaces in the header": PLAIN.replace("image,text", " image , text").encode(),
    "pandas' index": "".join(
        f"{'' if number == 0 else number}{line}"
        for number, line in enumerate(
            table([{**row, "text": "t"} for row in ROWS], names=COLUMNS).splitlines(keepends=True)
        )
    )
    .replace("image", ",image")
    .replace("a.jpg", ",a.jpg")
    .replace("b/ü", ",b/ü")
    .replace("c.jpg", ",c.jpg")
    .encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_rows(tmp_path, form):
    path = tmp_path / "manifest.csv"
    path.write_bytes(FORMS[form])
    rows = list(read_table(path, required=COLUMNS, optional=("split", "id")))
    expected = ROWS
    if form == "pandas' index":
        expected = [{**row, "text": "t"} for row in ROWS]
    assert rows == expected


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")).filter(
    lambda text: text.strip()
)


@given(
    rows=st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, CELL)), min_size=1),
    delimiter=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    extra=st.integers(0, 2),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_any_rows_in_any_form(tmp_path_factory, rows, delimiter, encoding, extra, end):
    path = tmp_path_factory.mktemp("table") / "manifest.csv"
    path.write_bytes(table(rows, delimiter, end, extra=extra).encode(encoding))
    assert list(read_table(path, required=COLUMNS)) == rows


def test_short_rows_lack_optional_cells_only(tmp_path):
    path = tmp_path / "manifest.csv"
    path.write_text("image,text,label,split\na.jpg,t,cat\n")
    assert list(read_table(path, required=COLUMNS, optional=("split",))) == [
        {"image": "a.jpg", "text": "t", "label": "cat", "split": ""}
    ]
    path.write_text("image,text,label\na.jpg,t\n")
    with pytest.raises(UserError, match="row 1 has 2 fields, the header 3; quote texts"):
        list(read_table(path, required=COLUMNS))
    path.write_text("image,text,label\na.jpg,t,cat,more\n")
    with pytest.raises(UserError, match="row 1 has 4 fields, the header 3; quote texts"):
        list(read_table(path, required=COLUMNS))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_json_lines_of_shells(tmp_path, encoding):
    path = tmp_path / "manifest.jsonl"
    lines = "\r\n".join(json.dumps({**row, "": None}, ensure_ascii=False) for row in ROWS)
    path.write_bytes(lines.encode(encoding))
    assert [
        {name: row[name] for name in COLUMNS} for row in read_table(path, required=COLUMNS)
    ] == ROWS


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "git lfs pull"),
        (b"PK\x03\x04\x14\x00\x06\x00\x08\x00\xff\xff" * 99, "save it as CSV|JSON|Parquet"),
        (b"", "missing column|Parquet|^$"),
    ],
)
def test_what_is_no_such_table_is_called_what_it_is(tmp_path, suffix, data, told):
    path = tmp_path / f"manifest{suffix}"
    path.write_bytes(data)
    if not data and suffix != ".parquet":
        assert list(read_table(path, required=COLUMNS)) == []
        return
    with pytest.raises(UserError, match=told):
        list(read_table(path, required=COLUMNS))
