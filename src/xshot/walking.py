"""What lies in a folder: nothing in it is opened, and nothing is passed over without a word."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from xshot.reading import explain

_MADE_BY_DEVICES = frozenset(
    {
        *("@eadir", "#recycle", "#snapshot", "@recycle", "@recently-snapshot", "~snapshot"),  # NAS
        *("@tmp", "@sharebin", "@transcode", "lost+found"),
        *("$recycle.bin", "recycler", "recycled", "system volume information", "found.000"),
        *("__macosx", "iphoto thumbnails", "network trash folder", "temporary items"),  # Macs
        "lost.dir",  # Android
    }
)
"""Folders that storage devices and systems make for themselves, in small letters."""
_PREVIEWS = ".lrdata"
"""How folders of Lightroom's previews end."""
_PLACEHOLDER = ".icloud"
"""How iCloud's placeholders end, `.name.icloud`: hidden, yet somebody's file."""
_OF_SYSTEMS = frozenset({".DS_Store", ".localized", ".directory", ".nomedia"})
"""Hidden files that need no mention."""


class Entry(NamedTuple):
    """A file.

    Attributes:
        path: relative to the folder walked, with `/` between folders.
        problem: why it is no plain file, with what to do; None = it is one.
    """

    path: str
    problem: str | None


@dataclass
class Passed:
    """What a walk has passed over.

    Attributes:
        hidden: files and folders whose names start with a dot.
        devices: folders that devices make for themselves.
        links: links to folders, which may lead in a circle.
        unreadable: folders, and why.
    """

    hidden: list[str] = field(default_factory=list)
    devices: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)

    def notes(self) -> Iterator[str]:
        """A line for each kind, by number and example."""
        for what, paths, remedy in (
            ("hidden files and folders", self.hidden, ""),
            ("folders that devices make", self.devices, ""),
            ("links to folders", self.links, "; name what they lead to, if it is to count"),
        ):
            if paths:
                yield f"passed over: {len(paths)} {what}, such as {paths[0]}{remedy}"
        for path, reason in self.unreadable:
            yield f"not read: {path}: {reason}"


def walk(root: Path, passed: Passed, *, everything: bool = False) -> Iterator[Entry]:
    """Every file under a folder, in an order that does not depend on the file system.

    Args:
        root: the folder.
        passed: where is added what is passed over.
        everything: also what starts with a dot, and what devices make.
    """
    folders = [""]
    while folders:
        folder = folders.pop()
        inner = []
        for entry in _entries(root, folder, passed):
            path = f"{folder}/{entry.name}" if folder else entry.name
            if _is_hidden(entry.name) and not everything:
                passed.hidden += [path] if entry.name not in _OF_SYSTEMS else []
            elif not _is_folder(entry):
                yield Entry(path, _problem(entry))
            elif _is_of_devices(entry.name.lower()) and not everything:
                passed.devices.append(path)
            elif entry.is_symlink():
                passed.links.append(path)
            else:
                inner.append(path)
        folders.extend(reversed(inner))


def _is_hidden(name: str) -> bool:
    return name.startswith(".") and not name.endswith(_PLACEHOLDER)


def _is_of_devices(name: str) -> bool:
    return name in _MADE_BY_DEVICES or name.endswith(_PREVIEWS)


def is_text(name: str) -> bool:
    """Whether a file's name is text in UTF-8, so that it can be stored and told."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _entries(root: Path, folder: str, passed: Passed) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(root / folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        passed.unreadable.append((folder or str(root), explain(error, "mend the folder")))
        return []


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a circle of links
        return False


def _problem(entry: os.DirEntry[str]) -> str | None:
    try:
        if entry.is_file():
            return None
        if entry.is_symlink() and not Path(entry.path).exists():
            return f"a link to {Path(entry.path).readlink()}, which is gone; mend or remove it"
    except OSError:
        return "a link that leads in a circle; mend or remove it"
    return "not a file, but a pipe, a socket or a device"
