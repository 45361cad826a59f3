"""Manifests in every form that is read, with their pictures."""

import csv
import json
from io import BytesIO, StringIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

Files = dict[str, bytes]


def jpg() -> bytes:
    return encoded(Image.new("RGB", (2, 2), "red"), "JPEG")


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def _table() -> tuple[list[dict[str, str]], Files]:
    rows = [
        {"id": f"row {i}", "image": f"a{i}.jpg", "text": f'say "{i}", twice\nor ä', "label": label}
        for i, label in enumerate(("cat", "dog|cat", "dog", "bird", "cat"))
    ]
    return rows, {row["image"]: jpg() for row in rows}


def csv_files(_: Path) -> Files:
    rows, pictures = _table()
    text = StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return {"manifest.csv": text.getvalue().encode(), **pictures}


def unicode_text_files(finished: Path) -> Files:
    """As Excel writes it: UTF-16, tabs, columns and rows that were touched."""
    files = csv_files(finished)
    rows = list(csv.reader(StringIO(files["manifest.csv"].decode(), newline="")))
    text = StringIO()
    csv.writer(text, delimiter="\t").writerows([*([*row, "", ""] for row in rows), [""] * 7])
    return {**files, "manifest.csv": text.getvalue().encode("utf-16")}


def utf_32_files(finished: Path) -> Files:
    files = csv_files(finished)
    return {**files, "manifest.csv": files["manifest.csv"].decode().encode("utf-32")}


def jsonl_files(_: Path) -> Files:
    rows, pictures = _table()
    lines = "".join(f"{json.dumps({**row, 'label': row['label'].split('|')})}\n" for row in rows)
    return {"manifest.jsonl": lines.encode(), **pictures}


def parquet_files(_: Path) -> Files:
    rows, pictures = _table()
    buffer = BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), buffer)
    return {"manifest.parquet": buffer.getvalue(), **pictures}
