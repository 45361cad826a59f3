"""A first look at the pictures: each exists and starts as an image file does."""

import os
import stat
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from xshot.errors import UserError
from xshot.namesakes import Listings, namesake
from xshot.pictures.formats import HEADER, is_known, what_else
from xshot.progress import progress
from xshot.reading import check_file, explain

_BATCH = 1000
_THREADS = 8  # hides the latency of network disks; on a warm local disk it costs nothing


@dataclass
class FirstLook:
    """What a look at the first bytes of all pictures has shown.

    Attributes:
        suspects: places of pictures without a known image header, and what they are if that can be
            told, else ""; whether they count is `extract`'s.
        spelt: places of pictures whose names the folder has in another Unicode form, and that form.
    """

    suspects: dict[int, str] = field(default_factory=dict)
    spelt: dict[int, str] = field(default_factory=dict)


def check_images(root: Path, images: Sequence[str], ids: Sequence[str]) -> FirstLook:
    """Look at every picture.

    Args:
        root: `data.root`.
        images: paths relative to `root`.
        ids: the rows' ids, for messages.

    Raises:
        UserError: a picture is absent or cannot be read; names the first one and how many.
    """
    look = FirstLook()
    absent: list[tuple[int, str]] = []
    listings: Listings = {}
    for place, finding in enumerate(
        progress(_headers(root, images), total=len(images), unit="img", label="pictures")
    ):
        found = finding
        if isinstance(found, FileNotFoundError) and (
            path := namesake(root / images[place], listings=listings)
        ):
            look.spelt[place] = path.relative_to(root).as_posix()
            found = _header(str(path))
        if isinstance(found, Exception):
            absent.append((place, explain(found, "complete the folder or mend data.root")))
        elif not is_known(found):
            look.suspects[place] = what_else(found) or ""
    if absent:
        place, reason = absent[0]
        others = f" (and {len(absent) - 1} more)" if len(absent) > 1 else ""
        raise UserError(
            f"{root}: row {place + 1} (id {ids[place]!r}): image {images[place]!r}{others}: "
            f"{reason}"
        )
    return look


def _headers(root: Path, images: Sequence[str]) -> Iterator[bytes | OSError]:
    """Each picture's first bytes, or why it cannot be read."""
    prefix = f"{root}{os.sep}"
    batches = [images[start : start + _BATCH] for start in range(0, len(images), _BATCH)]
    with ThreadPoolExecutor(_THREADS) as pool:
        for findings in pool.map(lambda batch: [_header(prefix + path) for path in batch], batches):
            yield from findings


def _header(path: str) -> bytes | OSError:
    """The first bytes of a plain file, or why there are none."""
    try:
        # Not before it is known to be a file: opening a pipe would wait for ever.
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - a tenth of Path's cost
            check_file(Path(path))
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            return file.read(HEADER)
    except (OSError, ValueError):
        return _problem(Path(path))


def _problem(path: Path) -> OSError:
    """Why a file cannot be read, told as everywhere."""
    try:
        check_file(path)
        path.open("rb").close()
    except OSError as error:
        return error
    return OSError("cannot be read")
