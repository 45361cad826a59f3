"""SHA-256 of files, remembered for as long as a file's size, time and inode stay the same."""

import hashlib
import logging
import os
import struct
import time
import zlib
from pathlib import Path

from xshot.encoder.digests import DIGEST_SIZE, DigestTable
from xshot.store.atomic import atomic_path

_LOG = logging.getLogger(__name__)

# A file written this recently may be written once more within its clock's tick: not remembered.
_SETTLED_NS = 2_000_000_000

_MAGIC = b"XFH1"
_HEADER = struct.Struct("<4sI")
_STATE_SIZE = 16
_WIDTH = _STATE_SIZE + DIGEST_SIZE


class FileHashes:
    """What is known about files' contents; kept in one file that is safe to delete.

    It holds b"XFH1", the CRC-32 of the rest, and for each file the SHA-256 of its path, the hash of
    its size, time and inode (16 bytes) and the SHA-256 of its content.

    Args:
        path: where to keep it; a file that is absent or damaged counts as empty.
        trust: False to hash every file anew, whatever its size, time and inode say.
    """

    def __init__(self, path: Path, *, trust: bool = True) -> None:
        self._path = path
        self._known = DigestTable(_WIDTH, _load(path))
        self._trusted = self._known if trust else DigestTable(_WIDTH)
        self._changed = False

    def get(self, file: Path) -> bytes | None:
        """The file's digest if the file is as it was when last hashed, else None.

        Raises:
            OSError: the file cannot be looked at.
        """
        entry = self._trusted.get(_name(file), b"")
        return entry[_STATE_SIZE:] if entry[:_STATE_SIZE] == _state(file.stat()) else None

    def put(self, file: Path, seen: os.stat_result, digest: bytes) -> None:
        """Remember `digest` of what was read after `seen`, the file's state, was taken."""
        if time.time_ns() - seen.st_mtime_ns > _SETTLED_NS:
            name, state = _name(file), _state(seen)
            before = self._known.get(name, b"")
            if before.startswith(state) and before != state + digest:
                _LOG.warning("%s: has changed, though not in size, time or inode", file)
            self._known[name] = self._trusted[name] = state + digest
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
            with atomic_path(self._path) as temporary:
                temporary.write_bytes(_header(self._known.entries) + self._known.entries)
            self._changed = False


def _name(file: Path) -> bytes:
    # As Path.absolute, which takes ten times as long: it counts where nothing else is left to do.
    path = os.path.join(os.getcwd(), file)  # noqa: PTH109, PTH118
    return hashlib.sha256(os.fsencode(path)).digest()


def _state(seen: os.stat_result) -> bytes:
    state = f"{seen.st_size} {seen.st_mtime_ns} {seen.st_ino}"
    return hashlib.sha256(state.encode()).digest()[:_STATE_SIZE]


def _load(path: Path) -> bytes:
    try:
        stored = path.read_bytes()
    except OSError:
        return b""
    header, entries = stored[: _HEADER.size], stored[_HEADER.size :]
    return entries if header == _header(entries) else b""


def _header(entries: bytes | bytearray) -> bytes:
    return _HEADER.pack(_MAGIC, zlib.crc32(entries))
