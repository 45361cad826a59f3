"""What encodes: this machine (`local`) or a cluster (`ray_engine`), each to the same bits."""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from xshot.encoder.pieces import EncodedTexts
from xshot.pictures import BadImageError


@dataclass(frozen=True)
class EncodedFile:
    """What came of an image file.

    Attributes:
        place: its place among the images asked for.
        file: the file.
        seen: its state before it was read, unless that failed.
        key: hash of its content.
        feature: (D,) float32, unit norm; None if that content is known already, or is no image.
        problem: why it has no feature, if that is so.
    """

    place: int
    file: Path
    seen: os.stat_result | None = None
    key: bytes = b""
    feature: NDArray[np.float32] | None = None
    problem: BadImageError | None = None


class Engine(Protocol):
    """Encodes files and texts, in groups as they are done, and each in any order."""

    def images(
        self, files: Iterable[tuple[int, Path]], known: Collection[bytes]
    ) -> Iterator[list[EncodedFile]]:
        """Read each file (place, path), and encode contents whose hash is not `known`."""
        ...

    def texts(self, texts: Sequence[str]) -> Iterator[EncodedTexts]:
        """Encode each text; the groups' `rows` are places in `texts`."""
        ...
