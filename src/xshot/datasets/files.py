"""Reading the old text files of public datasets without stumbling over their bytes."""

import posixpath
import re
from pathlib import Path

from xshot.errors import UserError
from xshot.reading import HEAD, decoded, explain, read_file, text_encoding

_LINE_END = re.compile(r"\r\n?|\n")


def read_bytes(path: Path) -> bytes:
    """The file's bytes.

    Raises:
        UserError: it is absent or cannot be read.
    """
    try:
        return read_file(path)
    except (OSError, ValueError) as error:  # ValueError: a NUL in a name out of a list
        raise _unreadable(path, error) from None


def read_text(path: Path) -> str:
    """The file as UTF-8, or by its mark as UTF-16.

    Bytes that are not UTF-8 are read as Windows-1252, one by one.

    Raises:
        UserError: it is absent or cannot be read.
    """
    data = read_bytes(path)
    encoding, marks = text_encoding(data[:HEAD])
    if marks and encoding != "utf-8":
        return data[marks:].decode(encoding, errors="replace")
    return decoded(data[marks if encoding == "utf-8" else 0 :])


def read_lines(path: Path) -> list[str]:
    """The non-blank lines of a list file, stripped.

    Raises:
        UserError: it is absent, cannot be read or holds no line.
    """
    lines = [line.strip() for line in _LINE_END.split(read_text(path))]
    lines = [line for line in lines if line]
    if not lines:
        raise UserError(f"{path}: empty; get a whole copy of the dataset")
    return lines


def list_folder(path: Path) -> list[Path]:
    """The folder's entries by name, hidden ones left out.

    Raises:
        UserError: it is absent or cannot be read.
    """
    try:
        entries = sorted(path.iterdir(), key=lambda entry: entry.name)
    except OSError as error:
        raise _unreadable(path, error) from None
    return [entry for entry in entries if not entry.name.startswith(".")]


def without_suffix(path: str) -> str:
    """`a/b.jpg` to `a/b`."""
    return posixpath.splitext(path)[0]


def _unreadable(path: Path, error: Exception) -> UserError:
    remedy = (
        "the tree that a dataset must have is described at the top of its file in "
        "src/xshot/datasets"
    )
    return UserError(f"{path}: {explain(error, remedy)}")
