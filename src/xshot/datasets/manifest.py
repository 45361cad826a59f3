"""Images and texts of one's own: a table beside the pictures.

    manifest.csv     or manifest.jsonl or manifest.parquet; exactly one of them
    <image>          each picture at the path, relative to this folder, that the table gives

Columns: `image`, `text`, `label`, and, if wanted, `split` (`train` or `test`, in all rows or in
none; without it the split is drawn) and `id` (without it the image's path). Several labels are
separated by `|`; a list may stand instead. Other columns are ignored. A picture with several texts
takes several rows, or one with a list of texts; it carries the labels of all of them. CSV is read
as spreadsheets write it: commas, semicolons or tabs, UTF-8 or UTF-16, empty columns and rows passed
over.
"""

import json
import re
import warnings
from ast import literal_eval
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from math import isnan
from pathlib import Path, PurePosixPath
from typing import Any

from xshot.datasets.rows import Row
from xshot.datasets.tables import Record, read_table
from xshot.errors import UserError
from xshot.namesakes import hint

_NO_COMMA = re.compile(r"(?<=['\"])\s+(?=['\"])")
_ARRAY = re.compile(r"array\((\[.*\])(, dtype=\S+)?\)", re.DOTALL)
_BRACKETS = (("[", "]"), ("(", ")"), ("{", "}"))
_PATH = "give the path of the picture's file"
_NAMES = ("manifest.csv", "manifest.jsonl", "manifest.parquet")


def read(root: Path) -> list[Row]:
    """The rows of the table in its order.

    Raises:
        UserError: no table or several, a column is missing, or naming the malformed row.
    """
    path = _find(root)
    uses: Counter[str] = Counter()
    rows: list[Row] = []
    records = read_table(path, required=("image", "text", "label"), optional=("split", "id"))
    for number, record in enumerate(records, start=1):
        try:
            rows.extend(_rows(record, uses, printed=path.suffix == ".csv"))
        except UserError as error:
            raise UserError(f"{path}: row {number}: {error}") from None
    return rows


def _find(root: Path) -> Path:
    found = [root / name for name in _NAMES if (root / name).exists()]
    if len(found) != 1:
        names = " and ".join(path.name for path in found) or f"no manifest{_nearly(root)}"
        remedy = "keep" if found else "put there"
        raise UserError(f"{root}: found {names}; {remedy} exactly one of {', '.join(_NAMES)}")
    return found[0]


def _nearly(root: Path) -> str:
    """What to add where there is no manifest: what may be meant for one."""
    told = (hint(root / name) for name in _NAMES)
    near = sorted(path for path in root.iterdir() if path.name.lower().startswith("manifest."))
    return next(filter(None, told), f" (but {near[0]} is)" if near else "")


def _rows(record: Record, uses: Counter[str], *, printed: bool) -> Iterator[Row]:
    """A row for each text; `printed`: lists stand in cells as a program has printed them."""
    image = _image(_word(record.get("image"), "image", _PATH))
    if not image:
        raise UserError("no image; give the picture's path, relative to the manifest's folder")
    id_ = _word(record.get("id"), "id")
    labels = _labels(record.get("label"))
    split = _word(record.get("split"), "split") or None
    for number, text in enumerate(_texts(record.get("text"), printed=printed), start=1):
        uses[image] += 1
        # A picture with several texts fills several rows.
        name, use = (id_, number) if id_ else (image, uses[image])
        id_of_row = name if use == 1 else f"{name}#{use}"
        yield Row(id_of_row, image, _word(text, "text"), labels, split)


def _image(path: str) -> str:
    # One spelling per file: `./a.jpg` and Windows' separators name the same picture.
    return str(PurePosixPath(path.replace("\\", "/"))) if path else ""


def _texts(value: Any, *, printed: bool) -> list[Any]:
    found = _list(value) if printed else value
    are_texts = isinstance(found, list) and (
        not printed or all(isinstance(one, str) for one in found)
    )
    return (found if are_texts else [value]) or [""]


def _labels(value: Any) -> tuple[str, ...]:
    value = _list(value)
    if isinstance(value, list):
        labels = [_word(label, "label") for label in value]
    else:
        labels = [label.strip() for label in _word(value, "label").split("|")]
    return tuple(dict.fromkeys(labels))


def _list(cell: Any) -> Any:
    """A list that a program has written into a cell, in JSON or as Python prints it; else the cell.

    pandas does so: `"['cat', 'dog']"`, and NumPy: `"['cat' 'dog']"`; of tuples and sets, too.
    """
    text = _ARRAY.sub(r"\1", cell.strip()) if isinstance(cell, str) else ""
    if (text[:1], text[-1:]) not in _BRACKETS:
        return cell
    for read in (json.loads, lambda text: literal_eval(_NO_COMMA.sub(", ", text))):
        with suppress(ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            with warnings.catch_warnings(action="ignore"):  # of Python, about what is no Python
                found = read(text)
            if isinstance(found, set):
                return sorted(found, key=str)  # in no order of its own
            return [*found] if isinstance(found, list | tuple) else cell
    return cell


def _word(value: Any, column: str, remedy: str = "write it as text, in quotes") -> str:
    # Not a number: how pandas stores an empty cell.
    if value is None or (isinstance(value, float) and isnan(value)):
        return ""
    # It makes floats of whole numbers, too, if a cell of the column is empty.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bytes):  # as Parquet has strings that nobody called so
        with suppress(UnicodeDecodeError):
            value = value.decode("utf-8")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise UserError(f"{column!r} must be text, found {str(value)[:80]!r}; {remedy}")
    return str(value).strip()
