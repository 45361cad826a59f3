"""Tables as Excel, Numbers, pandas and PowerShell write them, and what is none."""

import csv
import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq

from tests.brought.brought import NO_FILES, Brought, of_bytes

COLUMNS = ("image", "text", "label")
ROWS = [
    {"image": "a.jpg", "text": "one, two; three", "label": "cat"},
    {"image": "b/ü.jpg", "text": 'a "quoted"\nline break 鸟', "label": "dog|cat"},
    {"image": "c.jpg", "text": "ends", "label": "dog"},
]


def table(rows=ROWS, delimiter=",", end="\r\n", head="", extra=0, names=COLUMNS):
    """A CSV of the rows, with `extra` columns without a name."""
    text = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if end == "\r" else csv.QUOTE_MINIMAL  # or it forgets lone LF
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerow([*names, *[""] * extra])
    for row in rows:
        writer.writerow([*(row[name] for name in COLUMNS), *[""] * extra])
    return head + text.getvalue()


def _of_pandas():
    """With the index in a column without a name, before the others."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["", *COLUMNS])
    writer.writerows([number, *row.values()] for number, row in enumerate(ROWS))
    return text.getvalue()


PLAIN = table()
_TABS = table(delimiter="\t")
_SEMICOLONS = table(delimiter=";")
_TYPE = "#TYPE System.Management.Automation.PSCustomObject\r\n"
_LINES = "\r\n".join(json.dumps({**row, "": None}, ensure_ascii=False) for row in ROWS)
_PARQUET = io.BytesIO()
pq.write_table(pa.Table.from_pylist(ROWS), _PARQUET)


def _parquet(column, values, kind):
    """The rows with another column."""
    whole = pa.Table.from_pylist(ROWS)
    place = whole.column_names.index(column)
    return lambda path: pq.write_table(
        whole.set_column(place, column, pa.array(values, kind)), path
    )


def _bytes_for_strings(path):
    whole = pa.Table.from_pylist(ROWS)
    pq.write_table(whole.cast(pa.schema([(name, pa.binary()) for name in COLUMNS])), path)


def _not_utf8(path):
    """A column of strings whose bytes nobody has checked."""
    places = pa.array([0, 1, 2, 3], pa.int32()).buffers()[1]
    texts = pa.StringArray.from_buffers(3, places, pa.py_buffer(b"a\xffb"))
    whole = pa.Table.from_pylist(ROWS)
    pq.write_table(whole.set_column(1, "text", texts), path)


def _twice(path):
    whole = pa.Table.from_pylist(ROWS)
    pq.write_table(pa.table([*whole.columns, whole["label"]], names=[*COLUMNS, "label"]), path)


_TEXTS = [[row["text"]] for row in ROWS]
_PICTURES = [{"bytes": b"x", "path": row["image"]} for row in ROWS]
_WORKBOOK = b"PK\x03\x04\x14\0\6\0\x08\0\xff\xff" * 99

CSV: dict[str, Brought] = {
    "plain": of_bytes(PLAIN.encode()),
    "mark": of_bytes(PLAIN.encode("utf-8-sig")),
    "two marks": of_bytes(b"\xef\xbb\xbf" + PLAIN.encode("utf-8-sig")),
    "mark within the quotes": of_bytes(('"\ufeffimage"' + PLAIN[5:]).encode()),
    "semicolons": of_bytes(_SEMICOLONS.encode("utf-8-sig")),
    "tabs": of_bytes(_TABS.encode()),
    "unicode text of Excel": of_bytes(_TABS.encode("utf-16")),
    "big-endian": of_bytes(b"\xfe\xff" + _TABS.encode("utf-16-be")),
    "utf-16 without a mark": of_bytes(PLAIN.encode("utf-16-le")),
    "utf-32": of_bytes(PLAIN.encode("utf-32")),
    "sep line": of_bytes(f"sep=;\r\n{_SEMICOLONS}".encode("utf-8-sig")),
    "sep line, commas": of_bytes(f"sep=,\r\n{PLAIN}".encode()),
    "sep line, tab": of_bytes(f"sep=\t\r\n{_TABS}".encode()),
    "sep line, odd": of_bytes(table(delimiter="|", head='"sep=|"\r\n').encode()),
    "powershell": of_bytes(f"{_TYPE}{PLAIN}".encode("utf-16")),
    "title of Numbers": of_bytes(f"Table 1\r\n{PLAIN}".encode()),
    "title and empty row": of_bytes(f"My pictures;;\r\n;;\r\n{_SEMICOLONS}".encode()),
    "remark": of_bytes(f"# made by hand, twice\n{PLAIN}".encode()),
    "lone CR": of_bytes(table(end="\r").encode()),
    "lone LF": of_bytes(table(end="\n").encode()),
    "no last line end": of_bytes(PLAIN.rstrip().encode()),
    "end of file of DOS": of_bytes(PLAIN.encode() + b"\x1a"),
    "columns touched": of_bytes(table(extra=3).encode()),
    "rows touched": of_bytes((PLAIN + ",,\r\n,,\r\n , ,\r\n").encode()),
    "rows touched before": of_bytes((",,\r\n,,\r\n" + PLAIN).encode()),
    "blank lines": of_bytes(PLAIN.replace("dog\r\n", "dog\r\n\r\n\r\n").encode()),
    "columns and rows touched": of_bytes((table(extra=2) + ",,,,\r\n").encode()),
    "header touched alone": of_bytes(PLAIN.replace("label\r\n", "label,,\r\n", 1).encode()),
    "rows touched to the right": of_bytes(PLAIN.replace("cat\r\n", "cat,,,\r\n").encode()),
    "spaces in the header": of_bytes(PLAIN.replace("image,text", " image , text").encode()),
    "remarks twice": of_bytes(table(names=(*COLUMNS, "note", "note")).encode()),
    "pandas' index": of_bytes(_of_pandas().encode()),
    "spaces after commas": of_bytes(
        b'image, text, label\r\na.jpg, "one, two; three", "cat"\r\n'
        + PLAIN.encode().split(b"\r\n", 2)[2]
    ),
    "appended with its header": of_bytes((table(ROWS[:2]) + table(ROWS[2:])).encode()),
    "tables joined, with marks": of_bytes(
        table(ROWS[:2]).encode("utf-8-sig") + table(ROWS[2:]).encode("utf-8-sig")
    ),
    "labels as a tuple": of_bytes(PLAIN.replace("dog|cat", "\"('dog', 'cat')\"").encode()),
    "labels as pandas' array": of_bytes(
        PLAIN.replace("dog|cat", "\"array(['dog', 'cat'], dtype=object)\"").encode()
    ),
    "texts as a list": of_bytes(PLAIN.replace("ends", '"[""ends""]"').encode()),
    "ids touched": of_bytes(PLAIN.replace("label\r\n", "label,id\r\n", 1).encode()),
    **NO_FILES,
    "folder": Brought(lambda path: path.mkdir(), "a folder, not a file; name a file"),
    "empty": of_bytes(b"", "no rows"),
    "zeros at the end": of_bytes(PLAIN.encode() + bytes(99), "row 4 holds NUL.*being written"),
    "parquet": of_bytes(_PARQUET.getvalue(), "a Parquet file, not a text; call it .parquet"),
    "bars": of_bytes(table(delimiter="|").encode(), "separate columns by commas"),
    "empty label": of_bytes(PLAIN.replace("dog\r\n", "nan\r\n").encode(), "the class 'nan'"),
    "null of a database": of_bytes(PLAIN.replace("ends", r"\N").encode(), "the text .*empty cell"),
    "labels in one": of_bytes(
        PLAIN.replace("dog|cat", '"dog, cat"').encode(), "may be several in one, such as 'dog, cat'"
    ),
    "labels in one list": of_bytes(
        PLAIN.replace("dog|cat", "[dog; cat]").encode(), r"may be several in one, such as '\[dog;"
    ),
    "labels as zeros and ones": of_bytes(
        table([{**row, "label": "[0, 1, 0]"} for row in ROWS]).encode(), "names of the classes"
    ),
    "misread": of_bytes(
        PLAIN.replace("ends", "ends é".encode().decode("cp1252")).encode(), "text that was read in"
    ),
    "lost": of_bytes(PLAIN.replace("ends", "ends \ufffd").encode(), "text that was read"),
    "powers of ten": of_bytes(
        PLAIN.replace(",cat", ",1E+05").replace("dog|cat", "100000").encode(), "look like another"
    ),
    "numbers": of_bytes(
        PLAIN.replace(",cat", ",1").replace("dog|cat", "1.0").encode(), "look like another"
    ),
    "quoted path": of_bytes(PLAIN.replace("c.jpg", "'c.jpg'").encode(), r"row 3.*but \S*c.jpg is"),
    "escaped path": of_bytes(PLAIN.replace("c.jpg", "%63.jpg").encode(), r"row 3.*but \S*c.jpg is"),
    "home": of_bytes(PLAIN.replace("c.jpg", "~/c.jpg").encode(), "row 3.*write the whole path"),
    "data": of_bytes(PLAIN.replace("c.jpg", "data:image/png").encode(), "row 3.*an address"),
    "windows-1252": of_bytes(PLAIN.replace("鸟", "ä").encode("cp1252"), "line 3: byte 0xfc.*UTF-8"),
    "half a character": of_bytes(_TABS.encode("utf-16")[:-1], "incomplete: still being written"),
    "workbook": of_bytes(_WORKBOOK, "a workbook .*save it as CSV"),
    "old workbook": of_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a workbook .*save it as CSV"),
    "packed": of_bytes(gzip.compress(PLAIN.encode()), "archive, not a text"),
    "a column lacks": of_bytes(PLAIN.replace("label", "class", 1).encode(), "missing column label"),
    "quotes left open": of_bytes(PLAIN.replace("ends", '"ends').encode(), "row 3.*mend the quotes"),
    "commas without quotes": of_bytes(PLAIN.replace("ends", "ends,").encode(), "row 3 has 4"),
    "address": of_bytes(PLAIN.replace("c.jpg", "https://x.org/c.jpg").encode(), "row 3.*download"),
    "control character": of_bytes(PLAIN.replace(",cat", ",c\x1bat").encode(), "row 1.*control"),
}  # fmt: skip
"""At manifest.csv."""

OTHERS: dict[str, tuple[str, Brought]] = {
    "json lines": ("manifest.jsonl", of_bytes(_LINES.encode())),
    "json lines of a shell": ("manifest.jsonl", of_bytes(_LINES.encode("utf-16"))),
    "parquet": ("manifest.parquet", of_bytes(_PARQUET.getvalue())),
    "parquet, bytes": ("manifest.parquet", Brought(_bytes_for_strings)),
    "parquet, lists of texts": (
        "manifest.parquet",
        Brought(_parquet("text", _TEXTS, pa.list_(pa.string()))),
    ),
    "parquet, pictures inside": (
        "manifest.parquet",
        Brought(_parquet("image", _PICTURES, None), "row 1: 'image' must be.*; give the path of"),
    ),
    "parquet, not UTF-8": (
        "manifest.parquet",
        Brought(_not_utf8, "byte 0xff is not UTF-8; write its texts as UTF-8"),
    ),
    "parquet, a column twice": (
        "manifest.parquet",
        Brought(_twice, "column 'label' appears twice; keep one"),
    ),
    "one array": ("manifest.jsonl", of_bytes(b"[]", "row 1 must be an object such as")),
    "json cut": ("manifest.jsonl", of_bytes(_LINES[:-9].encode(), "row 3 is not JSON")),
    "parquet cut": ("manifest.parquet", of_bytes(_PARQUET.getvalue()[:-9], "incomplete: still")),
    "parquet of nothing": ("manifest.parquet", of_bytes(b"", "incomplete: still being written")),
    "no parquet": ("manifest.parquet", of_bytes(b"x" * 99, "no Parquet file")),
    "text for parquet": ("manifest.parquet", of_bytes(PLAIN.encode(), "no Parquet file; write")),
    "number that is none": (
        "manifest.jsonl",
        of_bytes(_LINES.replace('"dog|cat"', "NaN").encode(), "row 2.*label '' is empty"),
    ),
    "pointer for parquet": ("manifest.parquet", NO_FILES["pointer"]),
    "pipe for json": ("manifest.jsonl", NO_FILES["pipe"]),
    "workbook": ("manifest.xlsx", of_bytes(b"PK", r"no manifest \(but .*manifest.xlsx is\); put")),
    "capitals": ("Manifest.CSV", of_bytes(PLAIN.encode(), r"no manifest \(but .*Manifest.CSV is")),
    "hidden suffix": ("manifest.csv.txt", of_bytes(b"", r"\(but .*manifest.csv.txt is\); put")),
}
"""Under another name."""
