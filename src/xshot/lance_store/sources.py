"""Where a table's rows come from: the images of a folder, or features that are there already."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from xshot.search.index import Encoded
from xshot.search.space import BLOCK_ROWS
from xshot.search.table import Told

Matrix = NDArray[np.float32]


class Part(NamedTuple):
    """Some rows.

    Attributes:
        keys: a digest of 32 bytes of all that each row is made from.
        told: of each row.
        features: gives the CLIP features of some of them, by their places in the part; of a
            folder's images it can be pickled.
    """

    keys: list[bytes]
    told: list[Told]
    features: Callable[[NDArray[np.int64]], Matrix]


class Source(Protocol):
    """Rows that a table is to hold, part by part, always in one order."""

    @property
    def root(self) -> Path:
        """The folder that the paths start from."""
        ...

    @property
    def columns(self) -> Sequence[str]:
        """Which of `text` and `labels` the rows come with."""
        ...

    @property
    def encoder_fingerprint(self) -> str:
        """Of the encoder that made the features."""
        ...

    @property
    def dimensions(self) -> int:
        """D of a feature."""
        ...

    def __len__(self) -> int:
        """Rows."""
        ...

    def parts(self) -> Iterator[Part]:
        """The rows."""
        ...


@dataclass(frozen=True)
class FolderSource:
    """The images of a folder."""

    encoded: Encoded

    columns: Sequence[str] = ()

    @property
    def root(self) -> Path:
        """The folder."""
        return self.encoded.root

    @property
    def encoder_fingerprint(self) -> str:
        """Of the encoder."""
        return self.encoded.fingerprint

    @property
    def dimensions(self) -> int:
        """D of a feature."""
        return self.encoded.features.shape[1]

    def __len__(self) -> int:
        return len(self.encoded.images)

    def parts(self) -> Iterator[Part]:
        """The images in their order; those of one part are read from the cache when asked for."""
        images, keys = self.encoded.images, self.encoded.keys
        for start in range(0, len(images), BLOCK_ROWS):
            rows = slice(start, start + BLOCK_ROWS)
            names = images[rows]
            yield Part(
                [digest(name, key) for name, key in zip(names, keys[rows], strict=True)],
                [Told(name, "", ()) for name in names],
                self.encoded.features.part(rows).__getitem__,
            )


def digest(*parts: str | bytes) -> bytes:
    """32 bytes that stand for all of `parts`, each in its place."""
    whole = sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        whole.update(len(data).to_bytes(8, "little"))
        whole.update(data)
    return whole.digest()
