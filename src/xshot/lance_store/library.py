"""The library, imported when a table is asked for, and its errors in one line."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from xshot.errors import UserError

ERRORS = (OSError, RuntimeError, ValueError)
"""What pylance raises, by the kind of trouble."""


def lance() -> Any:
    """The module.

    Raises:
        UserError: it is not installed.
    """
    # What it logs below that is of use to its authors only.
    os.environ.setdefault("LANCE_LOG", "error")
    try:
        import lance
    except ImportError:
        raise UserError(
            "a gallery on disk needs pylance: type `pip install -e '.[store]'` in the checkout"
        ) from None
    return lance


@contextmanager
def one_line(told: str, remedy: str) -> Iterator[None]:
    """Tell the library's errors in one line that starts with `told`.

    Raises:
        UserError: in place of any of `ERRORS`.
    """
    try:
        yield
    except ERRORS as error:
        raise UserError(f"{told}: {reason(error)}; {remedy}") from None


def reason(error: Exception) -> str:
    """What happened, without the places in the library's source that it happened at."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text.partition(", /")[0][:300]
