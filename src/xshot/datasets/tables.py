"""Tables that users write by hand or export: CSV, JSON Lines and Parquet, as records."""

import csv
import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from xshot.errors import UserError
from xshot.reading import check_file, explain, explain_damage, open_text, unfinished

Record = dict[str, Any]

_LONGEST_FIELD = 2**31 - 1
"""Characters; what fits in a C `long` on every system."""

_DELIMITERS = ",;\t"
_SEPARATOR = re.compile(r"[\"']?sep=(.?)[\"']?", re.IGNORECASE)
"""A first line by which Excel tells itself; a tab at its end may have been stripped."""
_BEFORE = 20
"""Lines in which the columns' names are looked for."""
_INVISIBLE = "\ufeff\u200b\u2060\x1a"
"""Marks that stick to cells: of the bytes' order, of no width, of the end of a file (DOS)."""
_NO_TEXTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b")
"""How workbooks, new and old, and archives start."""
_PARQUET = b"PAR1"
"""How Parquet files start and end."""


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
        raise UserError(f"{path}: {_no_text(path, error)}") from None
    except OSError as error:
        remedy = "put a file there that can be read"
        raise UserError(f"{path}: {explain(error, remedy)}") from None


def _no_text(path: Path, error: UnicodeDecodeError) -> str:
    """What a file is that cannot be decoded, and what to do."""
    with path.open("rb") as file:
        start = file.read(len(_PARQUET))
    if start.startswith(_NO_TEXTS):
        return "a workbook or archive, not a text; save it as CSV (UTF-8)"
    if path.suffix == ".parquet":
        return f"byte 0x{error.object[error.start]:02x} is not UTF-8; write its texts as UTF-8"
    if start == _PARQUET:
        return "a Parquet file, not a text; call it .parquet"
    if error.encoding != "utf-8":  # UTF-16 that ends within a character
        return unfinished("save it as UTF-8")
    with path.open("rb") as file:
        line = next((number for number, line in enumerate(file, 1) if not _is_utf8(line)), 1)
    byte = error.object[error.start]
    return f"line {line}: byte 0x{byte:02x} is not UTF-8; save the file as UTF-8 (Excel: CSV UTF-8)"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _require(
    path: Path, required: tuple[str, ...], optional: tuple[str, ...], found: Sequence[str]
) -> None:
    for name in (*required, *optional):
        if found.count(name) > 1:
            raise UserError(f"{path}: column {name!r} appears twice; keep one or rename the other")
    missing = [column for column in required if column not in found]
    if not missing:
        return
    remedy = f"name the columns {','.join(required)}{''.join(f'[,{name}]' for name in optional)}"
    if len(found) == 1 and all(name in found[0] for name in required):
        remedy = "separate columns by commas, semicolons or tabs"
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
        # As people type: `a.jpg, "one, two", cat`.
        lines = csv.reader(file, strict=True, delimiter=delimiter, skipinitialspace=True)
        header: list[str] | None = None
        number = 0
        try:
            for fields in lines:
                # Blank lines, and the rows that spreadsheets keep once they were touched.
                if not any(map(_seen, fields)):
                    continue
                if header is None:
                    header = _csv_header(fields)
                    _require(path, required, optional, header)
                    continue
                if _csv_header(fields) == header:  # of a table that was appended
                    continue
                number += 1
                if not "".join(fields).strip("\0"):  # as a crash leaves at the end of a file
                    told = unfinished("write it anew", "holds NUL characters alone")
                    raise UserError(f"{path}: row {number} {told}")
                yield _csv_record(path, number, header, fields, required)
        except csv.Error as error:
            raise UserError(f"{path}: row {number + 1}: {error}; mend the quotes") from None


def _dialect(path: Path, required: tuple[str, ...]) -> tuple[str, int]:
    """What separates the columns, and how many lines stand before their names.

    Excel writes what the country's settings say, tabs in "Unicode text", and maybe a first line
    `sep=;`; PowerShell one that starts with `#TYPE`, Numbers the table's title.
    """
    with open_text(path) as file:
        for skipped, line in enumerate(islice(file, _BEFORE)):
            if match := _SEPARATOR.fullmatch(line.strip()):
                return match[1] or "\t", skipped + 1
            for delimiter in _DELIMITERS:
                try:
                    names = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
                except csv.Error:
                    continue
                if {*map(_seen, names)}.issuperset(required):
                    return delimiter, skipped
    return ",", 0


def _seen(cell: str) -> str:
    """What a reader sees of a cell."""
    return cell.strip().strip(_INVISIBLE).strip()


def _csv_header(fields: list[str]) -> list[str]:
    """The columns' names; those without one are not used."""
    header = [*map(_seen, fields)]
    while header and not header[-1]:
        header.pop()
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
    with path.open("rb") as start:
        if (head := start.read(len(_PARQUET))) and head != _PARQUET:
            raise UserError(f"{path}: no Parquet file; write one, or call it by what it is")
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            _require(path, required, optional, names)
            columns = [*required, *(column for column in optional if column in names)]
            for batch in file.iter_batches(columns=columns):
                yield from batch.to_pylist()
    except pa.ArrowException as error:
        told = explain_damage(error, "write it anew", "not a readable Parquet file")
        raise UserError(f"{path}: {told}") from None
