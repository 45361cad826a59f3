"""Outputs that are either absent or whole: write beside the target, fsync, rename."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from xshot.errors import UserError

_LONGEST = 200
"""Bytes of a name that the unfinished file's own repeats: most file systems allow 255 in all."""


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary sibling of `path` that takes its place when the block succeeds.

    Raises:
        UserError: `path` is a folder, the disk is full or the folder cannot be written.
    """
    check_names_file(path)
    temporary = _sibling(path)
    try:
        with _disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            _fsync(temporary)
            temporary.replace(path)
            _fsync(path.parent)
    finally:
        with suppress(OSError):
            temporary.unlink()


@contextmanager
def atomic_dir(path: Path) -> Iterator[Path]:
    """Yield an empty temporary folder beside `path` that takes its place when the block succeeds.

    Raises:
        UserError: the disk is full or the folder cannot be written.
    """
    temporary = _sibling(path)
    try:
        with _disk_errors(path):
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir(parents=True)
            yield temporary
            for file in sorted(temporary.rglob("*")):
                if file.is_file():
                    _fsync(file)
            shutil.rmtree(path, ignore_errors=True)
            temporary.rename(path)
            _fsync(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def check_names_file(path: Path) -> None:
    """Refuse a path that no file can be written to, before there is something to write.

    Raises:
        UserError: `path` is a folder (`.` is, and so is what a user leaves empty) or a device.
    """
    with _disk_errors(path):
        what = "a folder" if path.is_dir() else "no plain file"
        is_free = path.is_file() or not path.exists()
    if not is_free:
        raise UserError(f"{path}: is {what}; name the file to write")


def _sibling(path: Path) -> Path:
    name = os.fsencode(path.name)[:_LONGEST].decode("utf-8", "ignore")
    return path.with_name(f".{name}.partial")


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        if not _is_of_writing(error, path):
            raise UserError(f"{error.filename}: {reason}; {path} is not written") from None
        is_long = error.errno == errno.ENAMETOOLONG
        remedy = "give a shorter name" if is_long else "free space or mend access"
        raise UserError(f"{path}: cannot be written: {reason}; {remedy}") from None


def _is_of_writing(error: OSError, path: Path) -> bool:
    """Whether the error names no other file, such as one that was to be read."""
    if not isinstance(error.filename, str | os.PathLike):
        return True
    named, temporary = Path(error.filename), _sibling(path)
    return named in (path, temporary, *path.parents) or temporary in named.parents


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
