"""What people bring, and what is right."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"


class Brought(NamedTuple):
    """An input.

    Attributes:
        make: puts it at a path.
        told: what every door says of it, a regular expression; "" = it is taken without a word.
        data: its bytes, if bytes are all it is: these can be uploaded, too.
        deep: it shows only to those who read all of it, not its first bytes.
    """

    make: Callable[[Path], Any]
    told: str = ""
    data: bytes | None = None
    deep: bool = False


def of_bytes(data: bytes, told: str = "", *, deep: bool = False) -> Brought:
    """A file of these bytes."""
    return Brought(lambda path: path.write_bytes(data), told, data, deep)


NO_FILES = {
    "pipe": Brought(os.mkfifo, "pipe"),
    "device": Brought(lambda path: path.symlink_to("/dev/zero"), "device"),
    "broken link": Brought(lambda path: path.symlink_to("gone"), "gone"),
    "circle": Brought(lambda path: path.symlink_to(path.name), "circle"),
    "pointer": of_bytes(POINTER, "git lfs pull"),
}
"""At any place where a file is meant."""
