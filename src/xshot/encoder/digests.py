"""A hash table of digests in flat memory."""

from array import array
from collections.abc import Iterator, Mapping

DIGEST_SIZE = 32


class DigestTable(Mapping[bytes, bytes]):
    """Digests of 32 bytes to values of some bytes each.

    An entry takes its own bytes and 8 to 16 more; among Python's objects it would take 200 more.
    One writer at a time; readers in any thread.

    Args:
        width: bytes of a value.
        entries: digests, each with its value behind it: the `entries` of another table.
    """

    def __init__(self, width: int, entries: bytes = b"") -> None:
        self._size = DIGEST_SIZE + width
        self.entries = bytearray(entries)
        self._slots = self._spread()

    def __len__(self) -> int:
        return len(self.entries) // self._size

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self.entries), self._size):
            yield bytes(self.entries[start : start + DIGEST_SIZE])

    def __getitem__(self, digest: bytes) -> bytes:
        slots = self._slots
        number = slots[self._find(slots, digest)]
        if number < 0:
            raise KeyError(digest)
        start = number * self._size
        return bytes(self.entries[start + DIGEST_SIZE : start + self._size])

    def __setitem__(self, digest: bytes, value: bytes) -> None:
        slot = self._find(self._slots, digest)
        number = self._slots[slot]
        if number >= 0:
            start = number * self._size
            self.entries[start + DIGEST_SIZE : start + self._size] = value
            return
        number = len(self)
        # In this order: another thread may look while this one is half-way.
        self.entries += digest + value
        self._slots[slot] = number
        if 2 * len(self) > len(self._slots):
            self._slots = self._spread()

    def _find(self, slots: "array[int]", digest: bytes) -> int:
        """The slot that holds the digest's entry, or else the free one where it belongs."""
        mask = len(slots) - 1
        # Digests are evenly spread: a part of one serves as its hash.
        slot = int.from_bytes(digest[:8], "little") & mask
        while (number := slots[slot]) >= 0:
            start = number * self._size
            if self.entries[start : start + DIGEST_SIZE] == digest:
                break
            slot = (slot + 1) & mask
        return slot

    def _spread(self) -> "array[int]":
        """Slots for all entries: a power of two of them, at most half of them taken."""
        slots = array("i", [-1]) * (1 << (2 * len(self) + 2).bit_length())
        for number, digest in enumerate(self):
            slots[self._find(slots, digest)] = number
        return slots
