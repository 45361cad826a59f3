"""Ctrl-C ends a program without a traceback: whoever pressed it knows where it was."""

import sys
from types import TracebackType


def end_quietly() -> None:
    """From here on; the program still ends by the signal, as shells and DVC expect it to."""
    shown = sys.excepthook

    def show(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            shown(kind, error, where)

    sys.excepthook = show
