"""A first look at the pictures: each exists and starts as an image file does."""

import os
import stat
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from xshot.errors import UserError
from xshot.progress import progress

# What files of the formats that Pillow opens start with; ftyp (AVIF) and RIFF (WebP) at an offset.
_STARTS = (
    b"\xff\xd8\xff",  # JPEG
    b"\x89PNG\r\n\x1a\n",
    b"GIF8",
    b"BM",
    b"II*\x00",  # TIFF
    b"MM\x00*",
    b"\x00\x00\x00\x0cjP",  # JPEG 2000
    b"\xff\x4f\xff\x51",
    *(b"P%d" % kind for kind in range(1, 7)),  # PBM, PGM, PPM
)
_HEADER = 12
_BATCH = 1000
_THREADS = 8  # hides the latency of network disks; on a warm local disk it costs nothing


def check_images(root: Path, images: Sequence[str], ids: Sequence[str]) -> list[int]:
    """The places of the pictures without a known image header; whether they count is `extract`'s.

    Args:
        root: `data.root`.
        images: paths relative to `root`.
        ids: the rows' ids, for messages.

    Raises:
        UserError: a picture is absent or cannot be read; names the first one and how many.
    """
    suspects = []
    absent: list[tuple[int, str]] = []
    for place, finding in enumerate(
        progress(_headers(root, images), total=len(images), unit="img", label="pictures")
    ):
        if isinstance(finding, str):
            absent.append((place, finding))
        elif not _is_image(finding):
            suspects.append(place)
    if absent:
        place, reason = absent[0]
        others = f" (and {len(absent) - 1} more)" if len(absent) > 1 else ""
        raise UserError(
            f"{root}: row {place + 1} (id {ids[place]!r}): image {images[place]!r}: {reason}"
            f"{others}; complete the folder or mend data.root"
        )
    return suspects


def _headers(root: Path, images: Sequence[str]) -> Iterator[bytes | str]:
    """Each picture's first bytes, or why it cannot be read."""
    prefix = f"{root}{os.sep}"
    batches = [images[start : start + _BATCH] for start in range(0, len(images), _BATCH)]
    with ThreadPoolExecutor(_THREADS) as pool:
        for findings in pool.map(lambda batch: [_header(prefix + path) for path in batch], batches):
            yield from findings


def _header(path: str) -> bytes | str:
    try:
        # Not before it is known to be a file: opening a pipe would wait for ever.
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - a tenth of Path's cost
            return "not a file"
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            return file.read(_HEADER)
    except OSError as error:
        return error.strerror or str(error)


def _is_image(header: bytes) -> bool:
    return (
        header.startswith(_STARTS)
        or header[4:8] == b"ftyp"
        or (header[:4] == b"RIFF" and header[8:12] == b"WEBP")
    )
