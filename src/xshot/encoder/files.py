"""SHA-256 of files, remembered for as long as a file's size, time and inode stay the same."""

import hashlib
import json
import logging
import os
import time
from pathlib import Path

from xshot.store.atomic import write_text

_LOG = logging.getLogger(__name__)

# A file written this recently may be written once more within its clock's tick: not remembered.
_SETTLED_NS = 2_000_000_000


class FileHashes:
    """What is known about files' contents; kept in one JSON file that is safe to delete.

    Args:
        path: where to keep it; a file that is absent or damaged counts as empty.
        trust: False to hash every file anew, whatever its size, time and inode say.
    """

    def __init__(self, path: Path, *, trust: bool = True) -> None:
        self._path = path
        self._known: dict[str, list[int | str]] = _load(path)
        self._trusted = self._known if trust else {}
        self._changed = False

    def get(self, file: Path) -> bytes | None:
        """The file's digest if the file is as it was when last hashed, else None.

        Raises:
            OSError: the file cannot be looked at.
        """
        *state, digest = self._trusted.get(_absolute(file), (None,))
        return bytes.fromhex(str(digest)) if state == _state(file.stat()) else None

    def put(self, file: Path, seen: os.stat_result, digest: bytes) -> None:
        """Remember `digest` of what was read after `seen`, the file's state, was taken."""
        if time.time_ns() - seen.st_mtime_ns > _SETTLED_NS:
            name, entry = _absolute(file), [*_state(seen), digest.hex()]
            before = self._known.get(name, entry)
            if before[:-1] == entry[:-1] and before != entry:
                _LOG.warning("%s: has changed, though not in size, time or inode", file)
            self._known[name] = self._trusted[name] = entry
            self._changed = True

    def hash_file(self, file: Path) -> bytes:
        """The file's digest, read only if it is not known.

        Raises:
            OSError: the file cannot be read.
        """
        if (known := self.get(file)) is not None:
            return known
        seen = file.stat()
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").digest()
        self.put(file, seen, digest)
        return digest

    def save(self) -> None:
        """Write down what has been learned."""
        if self._changed:
            write_text(self._path, json.dumps(self._known))
            self._changed = False


def _absolute(file: Path) -> str:
    # As Path.absolute, which takes ten times as long: it counts where nothing else is left to do.
    return os.path.join(os.getcwd(), file)  # noqa: PTH109, PTH118


def _state(seen: os.stat_result) -> list[int | str]:
    return [seen.st_size, seen.st_mtime_ns, seen.st_ino]


def _load(path: Path) -> dict[str, list[int | str]]:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(known, dict):
        return {}
    return {file: entry for file, entry in known.items() if _is_entry(entry)}


def _is_entry(entry: object) -> bool:
    return isinstance(entry, list) and len(entry) == 4 and _is_digest(entry[3])


def _is_digest(text: object) -> bool:
    try:
        return isinstance(text, str) and len(bytes.fromhex(text)) == hashlib.sha256().digest_size
    except ValueError:
        return False
