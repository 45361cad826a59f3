"""What a table holds.

    key fixed_size_binary[32] | path string | text string | labels list<string>
    clip float32 or float16[D] | model_<fingerprint> float16[E]

`key` is a digest of all that a row was made from: a row is known again by it. `text` and `labels`
are there if the pictures came with some. `clip` is what the encoder has made of the picture.
`model_...` is what the model of that fingerprint makes of `clip`: the first stage of search finds
candidates by it, which are then ranked from `clip`, so that half precision does for it. Vectors are
padded with zeros to a multiple of `MULTIPLE`, which indexes want.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xshot.errors import UserError
from xshot.reading import explain, read_file

SCHEMA_VERSION = 1
MULTIPLE = 8
CLIP = "clip"

Matrix = NDArray[np.float32]
Dtype = Literal["float32", "float16"]

_META = b"xshot"
_OF_MODEL = "model_"
_NUMBERS = {"float32": pa.float32(), "float16": pa.float16()}


@dataclass(frozen=True)
class About:
    """What the schema's metadata says of a table, as JSON.

    Attributes:
        schema_version: of the table.
        root: the folder that the paths start from.
        encoder_fingerprint: of the encoder that made `clip`.
        dimensions: D, without the padding.
    """

    schema_version: int
    root: str
    encoder_fingerprint: str
    dimensions: int


def about_of(schema: pa.Schema) -> About:
    """What a schema's metadata says.

    Raises:
        KeyError, TypeError or ValueError: it was not written here, or by another version.
    """
    told = json.loads(schema.metadata[_META])
    if told["schema_version"] != SCHEMA_VERSION:
        return About(int(told["schema_version"]), "", "", 0)
    return About(**told)


def schema_of(
    about: About, dtype: Dtype, columns: Sequence[str], model: str, dimensions: int
) -> pa.Schema:
    """The schema of a new table.

    Args:
        about: it.
        dtype: of the CLIP features.
        columns: which of `text` and `labels` the pictures come with.
        model: name of the model's column.
        dimensions: E of the model's embedding.
    """
    fields = [pa.field("key", pa.binary(32)), pa.field("path", pa.string())]
    fields += [pa.field("text", pa.string())] if "text" in columns else []
    fields += [pa.field("labels", pa.list_(pa.string()))] if "labels" in columns else []
    fields.append(pa.field(CLIP, pa.list_(_NUMBERS[dtype], padded(about.dimensions))))
    fields.append(model_field(model, dimensions))
    return pa.schema(fields, {_META: json.dumps(asdict(about))})


def model_field(name: str, dimensions: int) -> pa.Field:
    """The column of a model whose embedding is of `dimensions`."""
    return pa.field(name, pa.list_(pa.float16(), padded(dimensions)))


def column_of(model: Path) -> str:
    """The name of a model's column: by SHA-256 of its tensors and of its config.json.

    Raises:
        UserError: a file is absent or cannot be read.
    """
    digest = sha256()
    for name in ("config.json", "model.safetensors"):
        try:
            digest.update(sha256(read_file(model / name)).digest())
        except OSError as error:
            remedy = "re-run `dvc repro train_projector`"
            raise UserError(f"{model / name}: {explain(error, remedy)}") from None
    return _OF_MODEL + digest.hexdigest()[:16]


def model_columns(schema: pa.Schema) -> list[str]:
    """The names of the models' columns."""
    return [name for name in schema.names if name.startswith(_OF_MODEL)]


def padded(dimensions: int) -> int:
    """The dimensions with those that fill up the last multiple."""
    return -(-dimensions // MULTIPLE) * MULTIPLE


def vectors(rows: Matrix, field: pa.Field) -> pa.Array:
    """(N, D) rows as a column's values."""
    size, number = field.type.list_size, field.type.value_type.to_pandas_dtype()
    filled = np.zeros((len(rows), size), number)
    filled[:, : rows.shape[1]] = rows
    return pa.FixedSizeListArray.from_arrays(pa.array(filled.ravel()), size)


def matrix(column: Any, dimensions: int) -> Matrix:
    """A column's values as (N, D) rows in single precision."""
    flat = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    values = flat.flatten().to_numpy(zero_copy_only=False)
    rows: Matrix = values.reshape(-1, flat.type.list_size)[:, :dimensions]
    return np.ascontiguousarray(rows, np.float32)
