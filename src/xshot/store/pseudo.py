"""`pseudo.h5`: generated pairs of features, with the class and the component each came from.

    /image/features (M, D) float32    /text/features (M, D) float32    /index/id (M,)
    /class (M,) class name            /component (M,) int64, -1 without a mixture

Rows are unit norm, in the centred space (`episode.centring`). An empty table is valid: the variant
generates nothing. Root attributes: `schema_version`, `source_hash` (of the rows learned from).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xshot.store.hdf5 import create_table, open_table, read_strings, write_matrix, write_strings

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class PseudoFeatures:
    """Generated feature pairs, unit norm, in the centred space.

    Attributes:
        image: (M, D) float32.
        text: (M, D) float32.
        classes: (M,) index into the episode's classes.
        components: (M,) mixture component that steered the row, or -1.
    """

    image: NDArray[np.float32]
    text: NDArray[np.float32]
    classes: NDArray[np.int64]
    components: NDArray[np.int64]

    @classmethod
    def empty(cls, dimensions: int) -> "PseudoFeatures":
        """No rows."""
        matrix = np.empty((0, dimensions), np.float32)
        rows = np.empty(0, np.int64)
        return cls(matrix, matrix, rows, rows)


def write_pseudo(
    path: Path, pseudo: PseudoFeatures, class_names: tuple[str, ...], source_hash: str
) -> None:
    """Write pseudo features, atomically."""
    names = [class_names[index] for index in pseudo.classes]
    with create_table(path, SCHEMA_VERSION) as file:
        file.attrs["source_hash"] = source_hash
        write_matrix(file, "image/features", pseudo.image)
        write_matrix(file, "text/features", pseudo.text)
        write_strings(file, "index/id", [f"pseudo-{row:06d}" for row in range(len(names))])
        write_strings(file, "class", names)
        write_matrix(file, "component", pseudo.components)


def read_pseudo(path: Path, class_names: tuple[str, ...]) -> PseudoFeatures:
    """Read pseudo features; class names become indices into `class_names`.

    Raises:
        UserError: absent, truncated or of another schema.
    """
    place = {name: index for index, name in enumerate(class_names)}
    with open_table(path, SCHEMA_VERSION, remedy="re-run `dvc repro synthesize`") as file:
        names = read_strings(file, "class")
        pseudo = PseudoFeatures(
            image=file["image/features"][:],
            text=file["text/features"][:],
            classes=np.array([place[name] for name in names], np.int64),
            components=file["component"][:],
        )
        sides = (pseudo.image, pseudo.text)
        n_rows = {len(part) for part in (*sides, pseudo.classes, pseudo.components)}
        if len(n_rows) > 1 or pseudo.image.shape != pseudo.text.shape:
            raise ValueError("parts of different lengths")
        if not all(np.isfinite(side).all() for side in sides):
            raise ValueError("values that are not finite")
        return pseudo
