"""Ways in which a file goes wrong."""

from collections.abc import Callable

import numpy as np

_WORDS = (
    *(b"", b"\0", b"\n", b"\r", b"\t", b'"', b"|", b",", b"..", b"/", b"\\", b"-1", b"0"),
    *(b"nan", b"1e999", b"null", b"true", b"[]", b"{}", b"18446744073709551616", b"\xff\xfe"),
    *(
        b"\xed\xa0\x80",
        "ä€😀\u202e\u2028".encode(),
        b"<text>",
        b"</text>",
        b"&#x110000;",
        b" " * 99,
    ),
)

Mutation = Callable[[bytes, np.random.Generator], bytes]


def cut(data: bytes, rng: np.random.Generator) -> bytes:
    """The rest is missing."""
    return data[: _place(data, rng)]


def drop(data: bytes, rng: np.random.Generator) -> bytes:
    """A part is missing."""
    start, stop = _span(data, rng)
    return data[:start] + data[stop:]


def repeat(data: bytes, rng: np.random.Generator) -> bytes:
    """A part is there several times."""
    start, stop = _span(data, rng)
    return data[:start] + data[start:stop] * int(rng.integers(2, 20)) + data[stop:]


def move(data: bytes, rng: np.random.Generator) -> bytes:
    """A part stands elsewhere."""
    start, stop = _span(data, rng)
    rest = data[:start] + data[stop:]
    place = _place(rest, rng)
    return rest[:place] + data[start:stop] + rest[place:]


def blank(data: bytes, rng: np.random.Generator) -> bytes:
    """A block of the disk was never written."""
    start, stop = _span(data, rng)
    return data[:start] + bytes(stop - start) + data[stop:]


def flip(data: bytes, rng: np.random.Generator) -> bytes:
    """Some bits have turned."""
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, 9)) if data else 0):
        changed[_place(data[1:], rng)] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def overwrite(data: bytes, rng: np.random.Generator) -> bytes:
    """A few bytes are noise."""
    start = _place(data, rng)
    return data[:start] + rng.bytes(int(rng.integers(1, 9))) + data[start + 8 :]


def say(data: bytes, rng: np.random.Generator) -> bytes:
    """Someone has written something odd, between two words or in place of one."""
    words = [place for place, byte in enumerate(data) if byte in b' \t\n,"|:/<>;\\'] or [0]
    start = words[int(rng.integers(len(words)))] + int(rng.integers(2))
    after = next((place for place in words if place > start), len(data))
    stop = after if rng.random() < 0.5 else start
    return data[:start] + _WORDS[int(rng.integers(len(_WORDS)))] + data[stop:]


def empty(data: bytes, rng: np.random.Generator) -> bytes:
    """Nothing is left."""
    return b""


MUTATIONS: tuple[Mutation, ...] = (
    *(cut, drop, repeat, move, blank, flip, overwrite, flip, overwrite, say, say, say),
    empty,
)


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """One to three things go wrong."""
    for _ in range(int(rng.integers(1, 4))):
        data = MUTATIONS[int(rng.integers(len(MUTATIONS)))](data, rng)
    return data


def _place(data: bytes, rng: np.random.Generator) -> int:
    return int(rng.integers(len(data) + 1))


def _span(data: bytes, rng: np.random.Generator) -> tuple[int, int]:
    start = _place(data, rng)
    longest = (4, 40, 2 + len(data) // 4)[int(rng.integers(3))]
    return start, start + int(rng.integers(1, longest))
