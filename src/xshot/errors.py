"""Errors that the user can mend, and how they reach the user."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from xshot.terminal import one_line, say, tame_streams


class UserError(Exception):
    """A mistake the user can mend: one line with the file, row or key and the remedy."""


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn a `UserError` into one line on stderr and exit code 1, without a traceback."""
    tame_streams()
    try:
        yield
    except UserError as error:
        say(f"error: {one_line(error)}", error=True)
        sys.exit(1)
