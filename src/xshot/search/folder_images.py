"""Which images a folder holds, and what else is there that one may take for images."""

import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from xshot.errors import UserError
from xshot.namesakes import hint
from xshot.pictures.formats import HEADER, is_known, readable, why_not
from xshot.walking import Passed, is_text, walk

_RENAME = (
    "rename it"
    if sys.getfilesystemencoding() == "utf-8"
    else "rename it, or set PYTHONUTF8=1 in the environment"
)

_BESIDE = (
    ".aae .cfg .csv .db .h5 .htm .html .ini .json .jsonl .log .md .npy .npz .parquet .pdf .py "
    ".toml .tsv .txt .url .xml .xmp .yaml .yml"
)
"""Suffixes of what lies beside pictures; all else that is passed over is looked at."""
_MISNAMED = "a picture, though its name does not end as one's; rename it if it is to be found"


@dataclass(frozen=True)
class LeftOut:
    """An image that cannot be read, and why."""

    image: str
    reason: str


class Found(NamedTuple):
    """The images, those among them that cannot be named, and notes on what was passed over."""

    images: list[str]
    left_out: list[LeftOut]
    notes: list[str]


def find_images(root: Path) -> Found:
    """The images under `root`, and what else is there that one may take for images.

    Raises:
        UserError: no folder, one whose own path could not be stored, or no image in it.
    """
    if not root.is_dir():
        raise UserError(f"{root}: no such folder{hint(root)}; name one that holds images")
    if not is_text(str(root)):
        raise UserError(f"{root}: its path is not UTF-8; {_RENAME}")
    passed = Passed()
    found = Found([], [], [])
    other: dict[str, list[str]] = {}
    for path, problem in walk(root, passed):
        suffix = PurePosixPath(path).suffix.lower()
        if suffix not in readable():
            told = why_not(suffix) or _if_misnamed(root / path, no_file=bool(problem))
            other.setdefault(told, []).append(path)
        elif problem:
            found.left_out.append(LeftOut(path, problem))
        elif is_text(path):
            found.images.append(path)
        else:
            found.left_out.append(LeftOut(path, f"its name is not UTF-8; {_RENAME}"))
    rest = other.pop("", [])
    found.notes.extend(
        f"passed over: {len(paths)} files such as {paths[0]}: {told}"
        for told, paths in other.items()
    )
    if rest:
        found.notes.append(f"passed over: {len(rest)} other files, such as {rest[0]}")
    found.notes.extend(passed.notes())
    if not found.images and not found.left_out:
        notes = "".join(f"; {note}" for note in found.notes)
        raise UserError(
            f"{root}: holds no images (files that end in {', '.join(sorted(readable()))}){notes}; "
            "name a folder that does"
        )
    return found


def _if_misnamed(file: Path, *, no_file: bool) -> str:
    """What to say of a file that is a picture by its first bytes alone."""
    if no_file or file.suffix.lower() in _BESIDE.split():
        return ""
    try:
        with file.open("rb", buffering=0) as stream:
            return _MISNAMED if is_known(stream.read(HEADER)) else ""
    except OSError:
        return ""
