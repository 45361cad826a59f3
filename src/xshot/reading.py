"""Reading files that others made: what they are is known before anything waits for them.

Why one cannot be read is told with the remedy that fits: what is only in use, unfinished or out of
reach for now is not damaged, and must not be made anew.
"""

import errno
import os
import re
import stat
import sys
from io import TextIOWrapper
from pathlib import Path

from xshot.namesakes import hint

_POINTER = b"version https://git-lfs.github.com/spec/"
_POINTER_SIZE = 1024  # bytes at most, by its specification

_KINDS = (
    (stat.S_ISDIR, "a folder, not a file"),
    (stat.S_ISFIFO, "a named pipe, not a file"),
    (stat.S_ISSOCK, "a socket, not a file"),
    (stat.S_ISCHR, "a device, not a file"),
    (stat.S_ISBLK, "a device, not a file"),
)

HEAD = 16  # bytes that tell how a text is encoded

_AGAIN = "try again when that is done"
_PASSING: dict[int, tuple[str, str]] = {
    **dict.fromkeys(
        (errno.EAGAIN, errno.EBUSY, errno.ETXTBSY),
        ("in use: another program has it open", "close it there (a notebook, a viewer, a stage)"),
    ),
    **dict.fromkeys(
        (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP),
        ("its file system cannot lock files", "set HDF5_USE_FILE_LOCKING=FALSE"),
    ),
    errno.ESTALE: ("a stale handle of a network folder", "try again, or mount the folder anew"),
    **dict.fromkeys(
        (errno.EIO, errno.ETIMEDOUT, errno.ENOTCONN, errno.EHOSTDOWN, errno.EHOSTUNREACH),
        ("its disk or network does not answer", "try again, and look after the disk or network"),
    ),
    **dict.fromkeys(
        (errno.EMFILE, errno.ENFILE), ("too many files are open", "raise the limit (`ulimit -n`)")
    ),
    **dict.fromkeys((errno.EACCES, errno.EPERM), ("permission denied", "mend its access rights")),
    # What macOS says of a file that iCloud, Dropbox or Google Drive has yet to fetch.
    errno.EDEADLK: ("in a cloud, its content not on this disk", "download it, then try again"),
    errno.ELOOP: ("a link that leads in a circle", "mend or remove the link"),
}
"""What is no damage, by error number, and what to do about it."""

_CUT_OFF = re.compile(
    r"(?i)truncated|incomplete|end of (file|stream)|no data left|could not read bytes| 0 bytes|"
    r"not a zip file|central directory|magic bytes not found in footer"
)
"""What libraries say of the first part of a file."""

_STRAY_BYTES = re.compile("[\udc80-\udcff]+")

_WINDOWS_IN_USE = (32, 33)  # ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION


class FileTroubleError(OSError):
    """A file that is not what it should be, in a way that brings its own remedy.

    Args:
        what: is the matter with it.
        remedy: what to do.
        path: the file.
    """

    def __init__(self, what: str, remedy: str, path: Path) -> None:
        super().__init__(errno.EINVAL, what, str(path))
        self.remedy = remedy


def check_file(path: Path) -> os.stat_result:
    """The state of a plain file, known before it is opened: opening a pipe would wait for ever.

    Raises:
        OSError: it is absent, no plain file, or a pointer of Git LFS; see `explain`.
    """
    try:
        seen = path.stat()
    except FileNotFoundError:
        raise _absent(path) from None
    except UnicodeError:
        what = f"no file can be named so in this locale's {sys.getfilesystemencoding()}"
        raise FileTroubleError(what, "set PYTHONUTF8=1 in the environment", path) from None
    except ValueError as error:
        raise FileTroubleError(f"{error} in its name", "mend the name", path) from None
    for is_kind, what in _KINDS:
        if is_kind(seen.st_mode):
            raise FileTroubleError(what, "name a file", path)
    if seen.st_size < _POINTER_SIZE:
        with path.open("rb", buffering=0) as file:
            check_content(file.read(len(_POINTER)), path)
    return seen


def check_content(start: bytes, path: Path) -> None:
    """Raises FileTroubleError: a file that starts so is a pointer of Git LFS."""
    if start.startswith(_POINTER):
        raise FileTroubleError(
            "a pointer of Git LFS, not the file itself",
            "type `git lfs pull` in the repository that it is from",
            path,
        )


def read_file(path: Path) -> bytes:
    """The bytes of a plain file that nobody writes to meanwhile.

    Raises:
        OSError: as `check_file`, or it cannot be read or is being written; see `explain`.
    """
    before = check_file(path)
    with path.open("rb", buffering=0) as file:
        data = file.read()
        after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise FileTroubleError("still being written", _AGAIN, path)
    return data


def open_text(path: Path) -> TextIOWrapper:
    """A plain text file, opened in the encoding that it starts like, line ends as they are.

    UTF-8 with any number of byte order marks, UTF-16 with or without one, or UTF-32 with one.

    Raises:
        OSError: as `check_file`, or it cannot be read; see `explain`.
    """
    check_file(path)
    file = path.open("rb")
    start = file.read(HEAD)
    encoding, skipped = text_encoding(start)
    file.seek(skipped)
    return TextIOWrapper(file, encoding=encoding, newline="")


def text_encoding(start: bytes) -> tuple[str, int]:
    """What the bytes are encoded in, and how many are marks of it."""
    for mark, encoding in (
        (b"\xff\xfe\0\0", "utf-32-le"),  # before UTF-16, whose mark it starts with
        (b"\0\0\xfe\xff", "utf-32-be"),
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
    ):
        skipped = 0
        while start.startswith(mark, skipped):
            skipped += len(mark)
        if skipped:
            return encoding, skipped
    # No text starts with a NUL: half of a Latin letter in UTF-16.
    if len(start) > 1 and 0 in start[:2] and start[0] != start[1]:
        return ("utf-16-le" if start[1] == 0 else "utf-16-be"), 0
    return "utf-8", 0


def explain(error: Exception, remedy: str) -> str:
    """Why a file cannot be read and what to do: `remedy`, unless the reason brings its own."""
    if isinstance(error, FileTroubleError):
        return f"{error.strerror}; {error.remedy}"
    number = getattr(error, "errno", None)
    if getattr(error, "winerror", None) in _WINDOWS_IN_USE:
        number = errno.EBUSY
    if number in _PASSING:
        what, own = _PASSING[number]
        return f"{what}; {own}"
    reason = getattr(error, "strerror", None) or str(error)
    return f"{reason}; {remedy}" if remedy else reason


def explain_damage(error: Exception, remedy: str, damage: str = "damaged") -> str:
    """Why a library cannot read a file: as `explain`; or it is not whole yet; or the damage."""
    if is_passing(error):
        return explain(error, remedy)
    said = " ".join(str(error).split()) or type(error).__name__
    if _CUT_OFF.search(said):
        return unfinished(remedy)
    return f"{damage} ({said[:200]}); {remedy}"


def unfinished(remedy: str, what: str = "incomplete") -> str:
    """Of a file that ends too early: nobody but its owner knows whether it will go on."""
    return f"{what}: still being written or copied, or cut off; wait for that, or {remedy}"


def decoded(data: bytes) -> str:
    """A text of unknown origin: UTF-8, and each byte that is not as Windows-1252 has it."""
    return mended(data.decode("utf-8", errors="surrogateescape"))


def mended(text: str) -> str:
    """The text with Windows-1252's characters for surrogates, which stand for bytes not UTF-8."""
    return _STRAY_BYTES.sub(_windows_1252, text)


def _windows_1252(match: re.Match[str]) -> str:
    stray = bytes(ord(character) - 0xDC00 for character in match[0])
    return stray.decode("windows-1252", errors="replace")


def is_passing(error: Exception) -> bool:
    """Whether the file may be as it should and only cannot be read now, or not by us."""
    return isinstance(error, FileTroubleError) or getattr(error, "errno", None) in _PASSING


def _absent(path: Path) -> OSError:
    return FileNotFoundError(errno.ENOENT, f"No such file or directory{hint(path)}", str(path))
