"""Ready-made features instead of pictures, as `xshot import` has put them into a folder.

    manifest.parquet    id, image, text, label and, if the file had it, split
    features.h5         as `xshot.store.features` describes it, rows in the manifest's order

`prepare` reads the table, `extract` passes the features on. A picture that lies at a row's `image`
is shown in the report; none needs to.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pyarrow.parquet as pq

from xshot.datasets import manifest
from xshot.datasets.rows import Row
from xshot.errors import UserError
from xshot.store.features import (
    ClassFeatures,
    EncoderRecord,
    Features,
    read_class_features,
    read_encoder,
    read_features,
)

NAME: Literal["imported"] = "imported"
CLASSES = b"classes"
"""Key of the classes' order in the metadata of the table."""


def read(root: Path) -> list[Row]:
    """The rows of the table in its order.

    Raises:
        UserError: the folder holds no import.
    """
    if not (root / "features.h5").is_file():
        raise UserError(f"{root}: no features.h5; make it with `xshot import FILE --to {root}`")
    return manifest.read(root)


def classes(root: Path) -> tuple[str, ...]:
    """The classes in the order that the imported arrays had; () if it is not known."""
    metadata = pq.read_schema(root / "manifest.parquet").metadata or {}
    return tuple(json.loads(metadata.get(CLASSES, b"[]")))


def read_imported(root: Path, ids: Sequence[str]) -> tuple[Features, ClassFeatures, EncoderRecord]:
    """The features of the rows `ids`, of all classes, and what is known of their encoder.

    Raises:
        UserError: features.h5 is absent, damaged or lacks a row.
    """
    path = root / "features.h5"
    try:
        return read_features(path, ids), read_class_features(path), read_encoder(path)
    except UserError as error:
        cause = str(error).partition(";")[0]
        raise UserError(f"{cause}; import it again with `xshot import`") from None
