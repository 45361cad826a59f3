"""What a path that is not there may have been meant for."""

import os
import re
import unicodedata
from pathlib import Path
from tarfile import is_tarfile
from urllib.parse import unquote
from zipfile import is_zipfile

_NO_PATHS = (
    (
        re.compile(r"(.*/)?~(/|\Z)|.*\$"),
        "`~` and variables are not replaced here; write the whole path",
    ),
    (re.compile(r"[A-Za-z]:[\\/]"), "a path of Windows; under WSL C:\\ is /mnt/c/"),
    (re.compile(r"file:/"), "an address of a file; write its path alone"),
    (re.compile(r"[A-Za-z][\w+.-]+:/"), "an address, not a path; download what is there"),
)
"""What people write for a path, and is none here."""

_AROUND = "'\"“”‘’<> "

Listings = dict[tuple[Path, bool], dict[str, str]]
"""Names in folders by what they are alike in; to be kept where many paths are looked up."""


def namesake(path: Path, *, case: bool = False, listings: Listings | None = None) -> Path | None:
    """An existing path that a reader would call the same: its name in another Unicode form.

    macOS and some programs store `é` as two characters, others as one.

    Args:
        path: which is not there.
        case: let capital and small letters be the same, too.
        listings: of folders that have been looked at.
    """
    listings = {} if listings is None else listings
    parent = path.parent
    if parent == path:
        return None
    if not parent.is_dir():
        found = namesake(parent, case=case, listings=listings)
        if found is None:
            return None
        parent = found
    if (parent / path.name).exists():
        return parent / path.name
    if (parent, case) not in listings:
        try:
            names = sorted(os.listdir(parent), reverse=True)  # noqa: PTH208 - maybe a million
        except OSError:
            names = []
        listings[parent, case] = {_folded(name, case): name for name in names}
    name = listings[parent, case].get(_folded(path.name, case))
    return None if name is None else parent / name


def hint(path: Path) -> str:
    """What to add to the message that a path is not there: where its namesake is, if any."""
    text = str(path)
    try:
        if path.is_symlink():
            return f" (a link to {path.readlink()}, which is gone)"
        if path.is_file():
            is_archive = is_zipfile(path) or is_tarfile(path)
            return " (it is an archive; unpack it)" if is_archive else " (it is a file)"
        if path.with_name(f"{path.name}.dvc").is_file():
            return f" (but {path}.dvc is: `dvc pull {path}.dvc` fetches it)"
        if (found := namesake(path)) is not None:
            return f" (but {found} is, its name in another Unicode form)"
        if (found := namesake(path, case=True)) is not None:
            return f" (but {found} is)"
        for other in (Path(unquote(text)), Path(text.strip()), _bare(path)):
            if other != path and other.exists():
                return f" (but {other} is)"
    except (OSError, ValueError):
        pass
    return next((f" ({told})" for is_so, told in _NO_PATHS if is_so.match(text)), "")


def _bare(path: Path) -> Path:
    """Without quotes and spaces around its name."""
    return path.with_name(path.name.strip(_AROUND) or path.name)


def _folded(name: str, case: bool) -> str:
    return unicodedata.normalize("NFC", name.casefold() if case else name)
