"""Tables that users write by hand or export: CSV, JSON Lines and Parquet, as records."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from xshot.errors import UserError

Record = dict[str, Any]


def read_table(path: Path) -> Iterator[Record]:
    """The rows of a `.csv`, `.jsonl` or `.parquet` file, column name -> value, in order.

    Raises:
        UserError: naming the file and the row (counted from 1) that is malformed.
    """
    readers = {".csv": _csv_records, ".jsonl": _jsonl_records, ".parquet": _parquet_records}
    try:
        yield from readers[path.suffix](path)
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise UserError(f"{path}: byte 0x{byte:02x} is not UTF-8; save the file as UTF-8") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from None


def require_columns(path: Path, record: Record, columns: tuple[str, ...]) -> None:
    """Check that the first record of a table has `columns`.

    Raises:
        UserError: naming the file, the missing columns and those found.
    """
    missing = [column for column in columns if column not in record]
    if missing:
        found = ", ".join(map(str, record))
        raise UserError(f"{path}: missing column {', '.join(missing)}; found {found}")


def _csv_records(path: Path) -> Iterator[Record]:
    # Excel writes a byte-order mark.
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file, strict=True)
        header: list[str] | None = None
        number = 0
        try:
            for fields in lines:
                if not fields:
                    continue
                if header is None:
                    header = _csv_header(path, fields)
                    continue
                number += 1
                if len(fields) != len(header):
                    raise UserError(
                        f"{path}: row {number} has {len(fields)} fields, the header {len(header)}; "
                        "quote texts that hold commas or line breaks"
                    )
                yield dict(zip(header, fields, strict=True))
        except csv.Error as error:
            raise UserError(f"{path}: row {number + 1}: {error}; mend the quotes") from None


def _csv_header(path: Path, fields: list[str]) -> list[str]:
    header = [field.strip() for field in fields]
    for name in header:
        if header.count(name) > 1:
            raise UserError(f"{path}: column {name!r} appears twice")
    return header


def _jsonl_records(path: Path) -> Iterator[Record]:
    with path.open(encoding="utf-8-sig") as file:
        number = 0
        for line in file:
            if not line.strip():
                continue
            number += 1
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise UserError(f"{path}: row {number} is not JSON: {error}") from None
            if not isinstance(record, dict):
                raise UserError(f'{path}: row {number} must be an object such as {{"image": ...}}')
            yield record


def _parquet_records(path: Path) -> Iterator[Record]:
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches():
                yield from batch.to_pylist()
    except pa.ArrowException as error:
        raise UserError(f"{path}: not a readable Parquet file: {error}") from None
