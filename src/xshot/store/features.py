"""`features.h5`: the encoder's features of every pair and of every class prompt.

    /image/features (N, D) float32    /text/features (N, D) float32    /index/id (N,)
    /class/features (C, D) float32    /class/names (C,)

Rows are unit norm and stand in manifest order. Root attributes: `schema_version`,
`encoder_fingerprint`, `encoder` (JSON: weights' hash, preprocessing, precision) and `templates`
(JSON: the prompts that /class/features averages).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xshot.errors import UserError
from xshot.store.hashing import rows_hash
from xshot.store.hdf5 import (
    Rows,
    blocks,
    create_table,
    open_table,
    read_rows,
    read_strings,
    write_matrix,
    write_strings,
)

SCHEMA_VERSION = 1
NORM_TOLERANCE = 1e-3
IMPORTED = "imported "
"""What the fingerprint of an encoder starts with if nothing of it is known but its features."""

_REMEDY = "re-run `dvc repro extract`"

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Features:
    """Unit-norm features of pairs.

    Attributes:
        ids: N manifest ids.
        image: (N, D) float32.
        text: (N, D) float32.
    """

    ids: tuple[str, ...]
    image: Matrix
    text: Matrix

    @property
    def hash(self) -> str:
        """Identifies exactly these rows; artefacts record it."""
        return rows_hash(self.ids, self.image, self.text)


@dataclass(frozen=True)
class FeatureRows:
    """Features of pairs that need not be in memory as a whole.

    Attributes:
        ids: N manifest ids.
        image: (N, D) float32.
        text: (N, D) float32.
    """

    ids: Sequence[str]
    image: Rows
    text: Rows


@dataclass(frozen=True)
class ClassFeatures:
    """Class embeddings a_c: mean prompt features, re-normalised.

    Attributes:
        names: C class names, sorted.
        features: (C, D) float32, unit norm.
    """

    names: tuple[str, ...]
    features: Matrix


@dataclass(frozen=True)
class EncoderRecord:
    """Which encoder made a features file.

    Attributes:
        fingerprint: hash over weights, preprocessing, tokenizer and precision.
        details: the same in words (JSON-able).
        templates: the prompt templates of the class embeddings.
    """

    fingerprint: str
    details: dict[str, Any]
    templates: tuple[str, ...]


def write_features(
    path: Path, features: Features | FeatureRows, classes: ClassFeatures, encoder: EncoderRecord
) -> None:
    """Write and check a features file, atomically; equal input gives equal bytes."""
    _check_rows(path, features.image, features.ids, "image")
    _check_rows(path, features.text, features.ids, "text")
    _check_rows(path, classes.features, classes.names, "class")
    with create_table(path, SCHEMA_VERSION) as file:
        file.attrs["encoder_fingerprint"] = encoder.fingerprint
        file.attrs["encoder"] = json.dumps(encoder.details, sort_keys=True)
        file.attrs["templates"] = json.dumps(encoder.templates)
        write_matrix(file, "image/features", features.image)
        write_matrix(file, "text/features", features.text)
        write_strings(file, "index/id", features.ids)
        write_matrix(file, "class/features", classes.features)
        write_strings(file, "class/names", classes.names)


def read_ids(path: Path) -> tuple[str, ...]:
    """The ids of all rows, in order."""
    with open_table(path, SCHEMA_VERSION, remedy=_REMEDY) as file:
        return read_strings(file, "index/id")


def read_features(path: Path, ids: Sequence[str] | None = None) -> Features:
    """Read the rows of `ids`, in that order (all rows if None); no other row is looked at.

    Raises:
        UserError: the file is absent, truncated, of another schema, lacks an id, or one of the
            rows read is not finite and of unit norm.
    """
    with open_table(path, SCHEMA_VERSION, remedy=_REMEDY) as file:
        stored = read_strings(file, "index/id")
        if ids is None:
            ids, rows = stored, np.arange(len(stored))
        else:
            place = {row_id: row for row, row_id in enumerate(stored)}
            missing = next((row_id for row_id in ids if row_id not in place), None)
            if missing is not None:
                raise UserError(f"{path}: no row with id '{missing}'; {_REMEDY}")
            rows = np.fromiter((place[row_id] for row_id in ids), np.int64, len(ids))
        for name in ("image/features", "text/features"):
            if file[name].shape[0] != len(stored):
                raise UserError(f"{path}: /{name} and /index/id differ in length; {_REMEDY}")
        features = Features(
            ids=tuple(ids),
            image=read_rows(file, "image/features", rows),
            text=read_rows(file, "text/features", rows),
        )
    _check_rows(path, features.image, features.ids, "image")
    _check_rows(path, features.text, features.ids, "text")
    return features


def read_class_features(path: Path) -> ClassFeatures:
    """Read the class embeddings."""
    with open_table(path, SCHEMA_VERSION, remedy=_REMEDY) as file:
        classes = ClassFeatures(read_strings(file, "class/names"), file["class/features"][:])
    _check_rows(path, classes.features, classes.names, "class")
    return classes


def read_encoder(path: Path) -> EncoderRecord:
    """Which encoder made the file."""
    with open_table(path, SCHEMA_VERSION, remedy=_REMEDY) as file:
        return EncoderRecord(
            fingerprint=str(file.attrs["encoder_fingerprint"]),
            details=json.loads(file.attrs["encoder"]),
            templates=tuple(json.loads(file.attrs["templates"])),
        )


def _check_rows(path: Path, matrix: Rows, names: Sequence[str], kind: str) -> None:
    if len(matrix.shape) != 2 or matrix.shape[0] != len(names):
        raise UserError(f"{path}: {kind} features have shape {matrix.shape} for {len(names)} rows")
    for block in blocks(matrix):
        with np.errstate(over="ignore", invalid="ignore"):
            norms = np.linalg.norm(matrix[block], axis=1)
        # NaN compares false, so a row that is not finite is caught here too.
        wrong = np.flatnonzero(~(np.abs(norms - 1) < NORM_TOLERANCE))
        if wrong.size:
            raise UserError(
                f"{path}: {kind} row '{names[block.start + wrong[0]]}' is not finite and of unit "
                f"norm (norm {norms[wrong[0]]:.4g}); {_REMEDY}"
            )
