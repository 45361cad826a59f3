"""Progress of long loops: a bar on a terminal, a log line every few seconds elsewhere."""

import logging
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

_LOG = logging.getLogger(__name__)
_SECONDS_BETWEEN_LINES = 5.0


def progress(iterable: Iterable[T], *, total: int, unit: str, label: str) -> Iterator[T]:
    """Pass `iterable` on, showing how far it is, its rate and the time left.

    Args:
        iterable: what to loop over.
        total: number of items.
        unit: what one item is, such as `img`.
        label: what the loop does.
    """
    if sys.stderr.isatty():
        from tqdm import tqdm

        yield from tqdm(iterable, total=total, unit=unit, desc=label, dynamic_ncols=True)
    else:
        yield from _logged(iterable, total, unit, label)


def _logged(iterable: Iterable[T], total: int, unit: str, label: str) -> Iterator[T]:
    start = last = time.monotonic()
    done = 0
    for item in iterable:
        yield item
        done += 1
        now = time.monotonic()
        if now - last >= _SECONDS_BETWEEN_LINES:
            last = now
            rate = done / (now - start)
            left = _clock((total - done) / rate)
            _LOG.info("%s: %d of %d, %.3g %s/s, %s left", label, done, total, rate, unit, left)
    if done:
        seconds = time.monotonic() - start
        rate = done / max(seconds, 1e-9)
        _LOG.info("%s: %d in %s, %.3g %s/s", label, done, _clock(seconds), rate, unit)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
