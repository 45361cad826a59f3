"""Tables that users write by hand or export: CSV, JSON Lines and Parquet, as records."""

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from xshot.errors import UserError

Record = dict[str, Any]

_LONGEST_FIELD = 2**31 - 1
"""Characters; what fits in a C `long` on every system."""


def read_table(
    path: Path, *, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> Iterator[Record]:
    """The rows of a `.csv`, `.jsonl` or `.parquet` file, column name -> value, in order.

    Of a Parquet file only the columns named here are read; others may be large.

    Raises:
        UserError: naming the file and the missing columns, or the malformed row (counted from 1).
    """
    try:
        if path.suffix == ".csv":
            yield from _csv_records(path, required, optional)
        elif path.suffix == ".jsonl":
            yield from _jsonl_records(path, required, optional)
        else:
            yield from _parquet_records(path, required, optional)
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise UserError(f"{path}: byte 0x{byte:02x} is not UTF-8; save the file as UTF-8") from None
    except OSError as error:
        reason = error.strerror or error
        raise UserError(f"{path}: {reason}; put a file there that can be read") from None


def _require(
    path: Path, required: tuple[str, ...], optional: tuple[str, ...], found: Sequence[str]
) -> None:
    missing = [column for column in required if column not in found]
    if not missing:
        return
    remedy = f"name the columns {','.join(required)}{''.join(f'[,{name}]' for name in optional)}"
    if path.suffix == ".csv" and any(mark in name for name in found for mark in ";\t"):
        remedy = "separate the columns by commas"
    raise UserError(
        f"{path}: missing column {', '.join(missing)}; found {', '.join(found)}; {remedy}"
    )


def _csv_records(
    path: Path, required: tuple[str, ...], optional: tuple[str, ...]
) -> Iterator[Record]:
    # Of the whole process; Python's own is shorter than an article can be.
    csv.field_size_limit(_LONGEST_FIELD)
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
                    _require(path, required, optional, header)
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
            raise UserError(f"{path}: column {name!r} appears twice; keep one or rename the other")
    return header


def _jsonl_records(
    path: Path, required: tuple[str, ...], optional: tuple[str, ...]
) -> Iterator[Record]:
    with path.open(encoding="utf-8-sig") as file:
        number = 0
        for line in file:
            if not line.strip():
                continue
            number += 1
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise UserError(
                    f"{path}: row {number} is not JSON: {error}; write one object a line"
                ) from None
            if not isinstance(record, dict):
                raise UserError(f'{path}: row {number} must be an object such as {{"image": ...}}')
            if number == 1:
                _require(path, required, optional, list(record))
            yield record


def _parquet_records(
    path: Path, required: tuple[str, ...], optional: tuple[str, ...]
) -> Iterator[Record]:
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            _require(path, required, optional, names)
            columns = [*required, *(column for column in optional if column in names)]
            for batch in file.iter_batches(columns=columns):
                yield from batch.to_pylist()
    except pa.ArrowException as error:
        raise UserError(f"{path}: not a readable Parquet file: {error}; write it anew") from None
