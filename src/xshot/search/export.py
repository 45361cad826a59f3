"""A gallery's embeddings as other engines read them.

    img_emb/img_emb_0.npy, text_emb/text_emb_0.npy    (rows of the part, E) float32 or float16
    metadata/metadata_0.parquet                       image_path, caption, labels, picture
    vectors.parquet                                   the same columns, image_vector, text_vector

Folders, names and the first two columns are those that `clip-retrieval inference` writes, so that
its `index` and autofaiss read them (https://github.com/rom1504/clip-retrieval). Row for row, all
files stand in the gallery's order.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.lib import format as npy
from numpy.typing import NDArray

from xshot.errors import UserError
from xshot.projector.embedder import Embedder
from xshot.search.gallery import Gallery
from xshot.search.space import BLOCK_ROWS, SIDES, Modality, System, embed
from xshot.store.atomic import atomic_dir

Dtype = Literal["float32", "float16"]

VECTORS = "vectors.parquet"
PART_ROWS = 64 * BLOCK_ROWS

_KEY = b"xshot"
_FOLDERS: dict[Modality, str] = {"image": "img_emb", "text": "text_emb"}


@dataclass(frozen=True)
class Exported:
    """What an export holds; vectors.parquet records it, as JSON, in its schema's metadata.

    Attributes:
        system: `model`, or raw `clip`.
        gallery: what was exported.
        encoder_fingerprint: of the encoder that made the CLIP features.
        rows: N.
        dimensions: E of a vector.
        dtype: of its numbers.
    """

    system: System
    gallery: str
    encoder_fingerprint: str
    rows: int
    dimensions: int
    dtype: Dtype


def export(
    folder: Path,
    gallery: Gallery,
    embedder: Embedder | None,
    *,
    dtype: Dtype = "float32",
    part_rows: int = PART_ROWS,
) -> Exported:
    """Write a gallery's embeddings, block by block; `folder` is absent, or whole.

    Args:
        folder: a new or empty folder, or an earlier export, which is replaced.
        gallery: features that need not be in memory as a whole (`store.hdf5.Rows`) will do.
        embedder: of the model; raw CLIP features are written without.
        dtype: `float16` halves the bytes; a score changes by some 1e-4.
        part_rows: rows of a part; a multiple of `space.BLOCK_ROWS`, unless there is one part only.

    Raises:
        UserError: the folder holds something else, the disk is full or the folder cannot be
            written.
    """
    check_target(folder)
    sides = [side for side in SIDES if side in gallery.features]
    first = _vectors(gallery, embedder, sides[0], slice(0, 1), dtype)
    exported = Exported(
        "clip" if embedder is None else "model",
        gallery.name,
        gallery.encoder_fingerprint,
        len(gallery),
        first.shape[1],
        dtype,
    )
    schema = _schema(gallery, sides, exported)
    with (
        atomic_dir(folder) as temporary,
        # By Python, for which the path need not be UTF-8.
        (temporary / VECTORS).open("wb") as file,
        pq.ParquetWriter(file, schema, use_dictionary=False) as whole,
    ):
        for name, rows in _parts(len(gallery), part_rows):
            with _Part(temporary, name, rows, sides, exported) as part:
                for block in _blocks(rows):
                    vectors = {
                        side: _vectors(gallery, embedder, side, block, dtype) for side in sides
                    }
                    told = _told(gallery, block)
                    part.write(told, vectors)
                    columns = [_column(vectors[side]) for side in sides]
                    whole.write_table(pa.table([*told.columns, *columns], schema=schema))
    return exported


def check_target(folder: Path) -> None:
    """Refuse a folder that holds what no export has written, before there is something to write.

    Raises:
        UserError: it does, or is a file.
    """
    if not folder.exists() or _is_export(folder):
        return
    if not folder.is_dir():
        raise UserError(f"{folder}: is a file; name the folder to write")
    if any(folder.iterdir()):
        raise UserError(f"{folder}: holds other files; name a new folder to write")


def _is_export(folder: Path) -> bool:
    try:
        with (folder / VECTORS).open("rb") as file:
            return _KEY in (pq.read_schema(file).metadata or {})
    except (OSError, pa.ArrowInvalid):
        return False


class _Part:
    """The files of one part, open for writing; a part's rows are known before."""

    def __init__(
        self, folder: Path, name: str, rows: slice, sides: Sequence[Modality], exported: Exported
    ) -> None:
        self._stack = ExitStack()
        self._arrays: dict[Modality, BinaryIO] = {}
        shape = (rows.stop - rows.start, exported.dimensions)
        header = {"descr": np.dtype(exported.dtype).str, "fortran_order": False, "shape": shape}
        for side in sides:
            kind = _FOLDERS[side]
            (folder / kind).mkdir(exist_ok=True)
            file = self._stack.enter_context((folder / kind / f"{kind}_{name}.npy").open("wb"))
            npy.write_array_header_1_0(file, header)
            self._arrays[side] = file
        self._metadata = folder / "metadata" / f"metadata_{name}.parquet"
        self._metadata.parent.mkdir(exist_ok=True)
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> "_Part":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def write(self, told: pa.Table, vectors: dict[Modality, NDArray[np.floating]]) -> None:
        """Append a block."""
        for side, rows in vectors.items():
            self._arrays[side].write(np.ascontiguousarray(rows).data)
        if self._writer is None:
            file = self._stack.enter_context(self._metadata.open("wb"))
            self._writer = self._stack.enter_context(pq.ParquetWriter(file, told.schema))
        self._writer.write_table(told)


def _parts(rows: int, part_rows: int) -> Iterator[tuple[str, slice]]:
    """Each part's number, of as many digits as the last has, and its rows."""
    starts = range(0, rows, part_rows)
    digits = len(str(len(starts)))
    for number, start in enumerate(starts):
        yield str(number).zfill(digits), slice(start, min(start + part_rows, rows))


def _blocks(rows: slice) -> Iterator[slice]:
    for start in range(rows.start, rows.stop, BLOCK_ROWS):
        yield slice(start, min(start + BLOCK_ROWS, rows.stop))


def _vectors(
    gallery: Gallery, embedder: Embedder | None, side: Modality, rows: slice, dtype: Dtype
) -> NDArray[np.floating]:
    """(rows, E) of one modality."""
    features = gallery.features[side][rows]
    return (features if embedder is None else embed(embedder, features, side)).astype(dtype)


def _told(gallery: Gallery, rows: slice) -> pa.Table:
    """What is told of some rows, beside their vectors."""
    places = np.arange(rows.start, rows.stop)
    paths = [gallery.picture(row) for row in places.tolist()]
    names = [
        image if path is None else str(path.absolute())
        for image, path in zip(gallery.images[rows], paths, strict=True)
    ]
    columns = {"image_path": pa.array(names, pa.string())}
    if gallery.texts:
        columns["caption"] = pa.array(gallery.texts[rows], pa.string())
    if gallery.labels:
        columns["labels"] = pa.array(gallery.labels[rows], pa.list_(pa.string()))
    columns["picture"] = pa.array(gallery.first_rows[rows], pa.int64())
    return pa.table(columns)


def _schema(gallery: Gallery, sides: Sequence[Modality], exported: Exported) -> pa.Schema:
    schema = _told(gallery, slice(0, 0)).schema
    number = pa.float16() if exported.dtype == "float16" else pa.float32()
    for side in sides:
        schema = schema.append(pa.field(f"{side}_vector", pa.list_(number, exported.dimensions)))
    return schema.with_metadata({_KEY: json.dumps(asdict(exported))})


def _column(vectors: NDArray[np.floating]) -> pa.Array:
    flat = pa.array(np.ascontiguousarray(vectors).ravel())
    return pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])
