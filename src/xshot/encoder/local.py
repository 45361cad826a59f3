"""Encoding on this machine: files are read and decoded while others are encoded."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from xshot.encoder.engine import EncodedFile
from xshot.encoder.pieces import EncodedTexts, join_pieces
from xshot.encoder.texts import TextBatch, batch_texts
from xshot.encoder.workers import Workers, map_in_order
from xshot.pictures import BadImageError, decode_image, read_picture
from xshot.reading import check_file, explain

if TYPE_CHECKING:
    from xshot.encoder.encode import Encoder


class LocalEngine:
    """An encoder that is loaded when a row needs it: with all rows cached, never.

    Args:
        load: loads it; called once, from whichever thread comes first.
        threads: passes side by side.
    """

    def __init__(self, load: Callable[[], "Encoder"], *, threads: int) -> None:
        self._threads = threads
        self._load = load
        self._lock = Lock()
        self._loaded: Encoder | None = None

    def images(
        self, files: Iterable[tuple[int, Path]], known: Collection[bytes]
    ) -> Iterator[list[EncodedFile]]:
        """See `Engine`."""
        # The same threads for both: more than there are cores would wait and spoil their caches.
        with Workers(self._threads) as workers:
            reads = workers.map(lambda file: self._read(*file, known), files)
            yield from workers.map(self._encode, self._full_passes(reads))

    def texts(self, texts: Sequence[str]) -> Iterator[EncodedTexts]:
        """See `Engine`."""
        encoder = self._encoder()

        def encode(batch: TextBatch) -> tuple[TextBatch, NDArray[np.float32]]:
            return batch, encoder.encode_tokens(batch.tokens)

        batches = batch_texts(texts, encoder.tokenizer, size=encoder.pass_rows)
        return join_pieces(map_in_order(encode, batches, threads=self._threads))

    def _encoder(self) -> "Encoder":
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def _read(self, place: int, file: Path, known: Collection[bytes]) -> "_Read":
        try:
            # The state before the content: a file changed in between is read again next time.
            seen, data = check_file(file), read_picture(file)
        except OSError as error:
            problem = BadImageError(explain(error, ""))
            return _Read(EncodedFile(place, file, problem=problem))
        found = EncodedFile(place, file, seen, hashlib.sha256(data).digest())
        if found.key in known:
            return _Read(found)
        try:
            picture = decode_image(data)
        except BadImageError as problem:
            return _Read(replace(found, problem=problem))
        return _Read(found, self._encoder().preprocess(picture))

    def _full_passes(self, reads: Iterator["_Read"]) -> Iterator[list["_Read"]]:
        """What is to be encoded in groups that fill a pass, anything else by itself."""
        waiting = []
        for read in reads:
            if read.pixels is None:
                yield [read]
                continue
            waiting.append(read)
            if len(waiting) == self._encoder().pass_rows:
                yield waiting
                waiting = []
        if waiting:
            yield waiting

    def _encode(self, group: list["_Read"]) -> list[EncodedFile]:
        pixels = [read.pixels for read in group if read.pixels is not None]
        if not pixels:
            return [read.found for read in group]
        features = self._encoder().encode_pixels(pixels)
        return [
            replace(read.found, feature=feature)
            for read, feature in zip(group, features, strict=True)
        ]


@dataclass(frozen=True)
class _Read:
    """What came of reading a file, and its pixels if they are to be encoded."""

    found: EncodedFile
    pixels: Tensor | None = None
