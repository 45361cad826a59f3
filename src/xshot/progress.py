"""Progress of long loops: a bar on a terminal, a log line every few seconds elsewhere."""

import logging
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from xshot.terminal import log_to

T = TypeVar("T")

_LOG = logging.getLogger(__name__)
_SECONDS_BETWEEN_LINES = 5.0
# What is done by then needs no bar.
_SECONDS_BEFORE_BAR = 2.0

_shown: bool | None = None
"""Whether there are bars; None = on a terminal, and log lines elsewhere."""


@contextmanager
def showing(shown: bool) -> Iterator[None]:
    """Bars within, a notebook's included, or nothing at all; in every thread."""
    global _shown
    before, _shown = _shown, shown
    try:
        yield
    finally:
        _shown = before


def log_to_stdout() -> None:
    """Let what XShot logs appear as plain lines; of other libraries warnings only."""
    log_to(sys.stdout)


def progress(iterable: Iterable[T], *, total: int, unit: str, label: str) -> Iterator[T]:
    """Pass `iterable` on, showing how far it is, its rate and the time left.

    Of a loop inside such a loop the finished bar goes away again.

    Args:
        iterable: what to loop over.
        total: number of items.
        unit: what one item is, such as `img`.
        label: what the loop does.
    """
    if _shown is False:
        yield from iterable
        return
    if not _shown and not sys.stderr.isatty():
        yield from _logged(iterable, total, unit, label)
        return
    if _shown:
        from tqdm.auto import tqdm
    else:
        from tqdm import tqdm

    yield from tqdm(
        iterable,
        total=total,
        unit=unit,
        desc=label,
        delay=_SECONDS_BEFORE_BAR,
        dynamic_ncols=True,
        leave=None,  # the outermost only
    )


def _logged(iterable: Iterable[T], total: int, unit: str, label: str) -> Iterator[T]:
    # The clock starts with the first item: what it waited for (loading a model) is no rate.
    start = last = 0.0
    for done, item in enumerate(iterable):
        yield item
        now = time.monotonic()
        if done == 0:
            start = last = now
        elif now - last >= _SECONDS_BETWEEN_LINES:
            last = now
            rate = done / (now - start)
            left = _clock((total - done - 1) / rate)
            _LOG.info(
                "%s: %d of %d, %s %s/s, %s left", label, done + 1, total, _few(rate), unit, left
            )
    if last > start:
        _LOG.info("%s: all %d done in %s", label, total, _clock(time.monotonic() - start))


def _few(rate: float) -> str:
    return f"{rate:.1f}" if rate < 10 else f"{rate:.0f}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
