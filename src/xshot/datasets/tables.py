"""Tables that users write by hand or export: CSV, JSON Lines and Parquet, as records."""

import csv
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from xshot.errors import UserError
from xshot.reading import check_file, explain, open_text

Record = dict[str, Any]

_LONGEST_FIELD = 2**31 - 1
"""Characters; what fits in a C `long` on every system."""

_DELIMITERS = ",;\t"
_SEPARATOR = re.compile(r"[\"']?sep=(.?)[\"']?", re.IGNORECASE)
"""A first line by which Excel tells itself; a tab at its end may have been stripped."""


def read_table(
    path: Path, *, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> Iterator[Record]:
    """The rows of a `.csv`, `.jsonl` or `.parquet` file, column name -> value, in order.

    Of a Parquet file only the columns named here are read; others may be large.

    Raises:
        UserError: naming the file and the missing columns, or the malformed row (counted from 1).
    """
    try:
        check_file(path)
        if path.suffix == ".csv":
            yield from _csv_records(path, required, optional)
        elif path.suffix == ".jsonl":
            yield from _jsonl_records(path, required, optional)
        else:
            yield from _parquet_records(path, required, optional)
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        reason = f"byte 0x{byte:02x} is not UTF-8; save the file as UTF-8"
        if error.object.startswith(b"PK\x03\x04"):
            reason = "a workbook or archive, not a text; save it as CSV (UTF-8)"
        raise UserError(f"{path}: {reason}") from None
    except OSError as error:
        remedy = "put a file there that can be read"
        raise UserError(f"{path}: {explain(error, remedy)}") from None


def _require(
    path: Path, required: tuple[str, ...], optional: tuple[str, ...], found: Sequence[str]
) -> None:
    missing = [column for column in required if column not in found]
    if not missing:
        return
    remedy = f"name the columns {','.join(required)}{''.join(f'[,{name}]' for name in optional)}"
    raise UserError(
        f"{path}: missing column {', '.join(missing)}; found {', '.join(map(str, found))}; {remedy}"
    )


def _csv_records(
    path: Path, required: tuple[str, ...], optional: tuple[str, ...]
) -> Iterator[Record]:
    # Of the whole process; Python's own is shorter than an article can be.
    csv.field_size_limit(_LONGEST_FIELD)
    delimiter, skipped = _dialect(path, required)
    with open_text(path) as file:
        for _ in range(skipped):
            file.readline()
        lines = csv.reader(file, strict=True, delimiter=delimiter)
        header: list[str] | None = None
        number = 0
        try:
            for fields in lines:
                # Blank lines, and the rows that spreadsheets keep once they were touched.
                if not any(field.strip() for field in fields):
                    continue
                if header is None:
                    header = _csv_header(path, fields)
                    _require(path, required, optional, header)
                    continue
                number += 1
                yield _csv_record(path, number, header, fields, required)
        except csv.Error as error:
            raise UserError(f"{path}: row {number + 1}: {error}; mend the quotes") from None


def _dialect(path: Path, required: tuple[str, ...]) -> tuple[str, int]:
    """What separates the columns, and how many lines stand before their names.

    Excel writes what the country's settings say, tabs in "Unicode text", and maybe a first line
    `sep=;`; PowerShell one that starts with `#TYPE`.
    """
    skipped = 0
    with open_text(path) as file:
        for line in file:
            if match := _SEPARATOR.fullmatch(line.strip()):
                return match[1] or "\t", skipped + 1
            if line.startswith("#TYPE ") or not line.strip(" ,;\t\r\n"):
                skipped += 1
                continue
            for delimiter in _DELIMITERS:
                try:
                    names = next(csv.reader([line], delimiter=delimiter))
                except csv.Error:
                    continue
                if {name.strip() for name in names}.issuperset(required):
                    return delimiter, skipped
            break
    return ",", skipped


def _csv_header(path: Path, fields: list[str]) -> list[str]:
    """The columns' names; those without one are not used."""
    header = [field.strip() for field in fields]
    while header and not header[-1]:
        header.pop()
    for name in filter(None, header):
        if header.count(name) > 1:
            raise UserError(f"{path}: column {name!r} appears twice; keep one or rename the other")
    return header


def _csv_record(
    path: Path, number: int, header: list[str], fields: list[str], required: tuple[str, ...]
) -> Record:
    """A row by column; spreadsheets write empty cells at its end, or leave them out."""
    beyond = fields[len(header) :]
    lacking = header[len(fields) :]
    if any(field.strip() for field in beyond) or set(required).intersection(lacking):
        raise UserError(
            f"{path}: row {number} has {len(fields)} fields, the header {len(header)}; "
            "quote texts that hold commas or line breaks"
        )
    record = dict(zip(header, fields, strict=False)) | dict.fromkeys(lacking, "")
    record.pop("", None)
    return record


def _jsonl_records(
    path: Path, required: tuple[str, ...], optional: tuple[str, ...]
) -> Iterator[Record]:
    with open_text(path) as file:
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
