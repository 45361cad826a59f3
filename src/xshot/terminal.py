"""What is printed: nothing in it steers a terminal, and no terminal or pipe is too poor for it."""

import json
import logging
import os
import re
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import Any, NoReturn, TextIO

# Controls (C0, DEL, C1), line separators, marks that turn the direction of what follows
# (Unicode's Bidi_Control), invisible marks (of bytes' order, of formats) and halves of characters;
# not the joiners and breaks that scripts and emoji need.
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\ud800-\udfff]"
)
_BYTE = 0xDC00
"""Python's surrogate of a byte that is not UTF-8 is this plus the byte."""


def printable(text: str, keep: str = "") -> str:
    """The text with what cannot be shown as escapes; a byte that was not UTF-8 as that byte.

    Args:
        text: of any origin: a file's name, a caption, a library's message.
        keep: of the unprintable characters those to leave, such as line breaks.
    """
    return _UNPRINTABLE.sub(lambda match: match[0] if match[0] in keep else _escape(match[0]), text)


def one_line(text: object) -> str:
    """The text in one line: white space of any kind is one space, the rest is `printable`."""
    return printable(" ".join(str(text).split()))


def as_json(tree: Any) -> str:
    """A tree as JSON that is the same tree wherever it is printed; nothing in it is lost."""
    ascii_only = not (getattr(sys.stdout, "encoding", None) or "").lower().startswith("utf")
    text = json.dumps(tree, indent=2, ensure_ascii=ascii_only)
    # All that is no line break of the layout stands inside a string.
    return _UNPRINTABLE.sub(
        lambda match: match[0] if match[0] == "\n" else f"\\u{ord(match[0]):04x}", text
    )


def say(text: str, *, error: bool = False) -> None:
    """Print lines to standard output, or to standard error.

    A reader that has gone away (as in `... | head`) ends the program quietly with exit code 1; a
    full disk behind standard output does so with one line.
    """
    stream = sys.stderr if error else sys.stdout
    if stream is None:  # the shell's `>&-`
        return
    try:
        stream.write(f"{printable(text, keep=chr(10))}\n")
        stream.flush()
    except OSError as problem:
        end_output(stream, problem)


def end_output(stream: TextIO, problem: OSError) -> NoReturn:
    """End the program, since standard output or standard error cannot be written."""
    _give_up(stream)
    if stream is not sys.stderr and not isinstance(problem, BrokenPipeError):
        say(f"error: standard output: {problem.strerror}; free space or mend access", error=True)
    sys.exit(1)


def tame_streams() -> None:
    """Let no character and no closed pipe end a program: what an encoding lacks is escaped."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    logging.raiseExceptions = False  # of a log line that cannot be written
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(OneLine())


def log_to(stream: TextIO) -> None:
    """Let what XShot logs appear as plain lines; of other libraries warnings only."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(OneLine())
    logging.basicConfig(handlers=[handler])
    logging.getLogger("xshot").setLevel(logging.INFO)


class OneLine(logging.Formatter):
    """Log records as lines that can be shown."""

    def format(self, record: logging.LogRecord) -> str:
        """The message in one line, and the traceback if there is one."""
        line = one_line(record.getMessage())
        if not record.exc_info:
            return line
        return f"{line}\n{printable(self.formatException(record.exc_info), keep=chr(10))}"


def _escape(character: str) -> str:
    code = ord(character)
    byte = code - _BYTE if code >= _BYTE + 0x80 else code
    return f"\\x{byte:02x}" if byte <= 0xFF else f"\\u{code:04x}"


def _give_up(stream: TextIO) -> None:
    """Let what is left in the stream's buffer go nowhere, or Python's exit would complain of it."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
