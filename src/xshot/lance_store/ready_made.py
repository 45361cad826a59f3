"""Features that are there already, as the rows of a table.

Read in blocks: a folder in the layout of `xshot export` and of clip-retrieval (img_emb/*.npy beside
metadata/*.parquet), a Parquet file with a column `image_vector`, and .npy. Read as a whole: what
`xshot import` takes (.npz, .mat, .h5), of which the images and their labels count.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from xshot.errors import UserError
from xshot.imports.arrays import SUFFIXES, read_arrays
from xshot.imports.labels import label_names
from xshot.imports.roles import Role, assign
from xshot.imports.sides import side_of
from xshot.imports.unit import unit_rows
from xshot.lance_store.sources import Part, digest
from xshot.search.export import VECTORS
from xshot.search.space import BLOCK_ROWS
from xshot.search.table import Told

Matrix = NDArray[np.float32]
Block = tuple[NDArray[Any], list[Told]]

_VECTOR = "image_vector"
_REMEDY = "give a folder in clip-retrieval's layout, a .parquet, .npy, .npz, .mat or .h5 file"


@dataclass(frozen=True)
class ReadyMade:
    """Rows with features; those that are not of unit norm are scaled to it.

    Attributes:
        root: the folder that the paths start from.
        columns: which of `text` and `labels` the rows come with.
        encoder_fingerprint: of the encoder that made the features, as the file or the user says.
        dimensions: D.
        size: rows.
        blocks: gives features and what is told of them, in order.
        name: of the file.
    """

    root: Path
    columns: Sequence[str]
    encoder_fingerprint: str
    dimensions: int
    size: int
    blocks: Callable[[], Iterator[Block]]
    name: str

    def __len__(self) -> int:
        return self.size

    def parts(self) -> Iterator[Part]:
        """The rows.

        Raises:
            UserError: one is zero or not finite, or has other dimensions.
        """
        start = 0
        for rows, told in self.blocks():
            what = f"{self.name}, rows from {start + 1}"
            if rows.ndim != 2 or rows.shape[1] != self.dimensions:
                raise UserError(
                    f"{what}: not of {self.dimensions} dimensions; give rows of as many"
                )
            features = unit_rows(rows, what, [])
            keys = [
                digest(one.image, one.text, json.dumps(one.labels), row.tobytes())
                for one, row in zip(told, features, strict=True)
            ]
            yield Part(keys, told, lambda places, own=features: own[places])  # type: ignore[misc]
            start += len(rows)


def ready_made(path: Path, root: Path, encoder_fingerprint: str) -> ReadyMade:
    """The rows of a file or a folder.

    Args:
        path: it.
        root: where the pictures lie.
        encoder_fingerprint: of the encoder, if the file does not say which it was.

    Raises:
        UserError: it is absent, damaged or of another kind, or holds no CLIP features.
    """
    try:
        if path.is_dir():
            found = _of_layout(path)
        elif path.suffix == ".parquet":
            found = _of_parquet(path)
        elif path.suffix == ".npy":
            found = _of_npy([path], None)
        elif path.suffix.lower() in SUFFIXES:
            found = _of_arrays(path)
        else:
            raise UserError(f"{path}: cannot be read for features; {_REMEDY}")
        said = _said(path / VECTORS if path.is_dir() else path)
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise UserError(f"{path}: {' '.join(str(error).split())[:200]}; {_REMEDY}") from None
    dimensions, size, columns, blocks = found
    return ReadyMade(
        root, columns, said or encoder_fingerprint, dimensions, size, blocks, str(path)
    )


_Found = tuple[int, int, list[str], Callable[[], Iterator[Block]]]
"""Dimensions, rows, columns and blocks."""


def _said(path: Path) -> str | None:
    """The encoder that an export names.

    Raises:
        UserError: the vectors are a model's.
    """
    if path.suffix != ".parquet" or not path.exists():
        return None
    told = (pq.read_schema(path).metadata or {}).get(b"xshot")
    if told is None:
        return None
    exported = json.loads(told)
    if exported["system"] != "clip":
        raise UserError(
            f"{path}: vectors of a trained model; export the features with `--system clip`"
        )
    return str(exported["encoder_fingerprint"])


def _of_layout(folder: Path) -> _Found:
    vectors = sorted((folder / "img_emb").glob("*.npy"))
    metadata = sorted((folder / "metadata").glob("*.parquet"))
    if not vectors or len(metadata) not in (0, len(vectors)):
        raise UserError(
            f"{folder}: {len(vectors)} files in img_emb and {len(metadata)} in metadata; {_REMEDY}"
        )
    return _of_npy(vectors, metadata or None)


def _of_npy(files: Sequence[Path], metadata: Sequence[Path] | None) -> _Found:
    shapes = [np.load(file, mmap_mode="r").shape for file in files]
    counts = [shape[0] for shape in shapes]
    for place, file in enumerate(metadata or ()):
        if (rows := pq.ParquetFile(file).metadata.num_rows) != counts[place]:
            raise UserError(f"{file}: {rows} rows for {counts[place]} vectors; give one for each")
    columns = _columns(pq.read_schema(metadata[0]).names) if metadata else []

    def blocks() -> Iterator[Block]:
        first = 0
        for place, file in enumerate(files):
            count = counts[place]
            told = _told_in(metadata[place], first) if metadata else _numbered(count, first)
            start = 0
            for own, kept in told:
                # Mapped for one block only: what is mapped counts as memory of this process.
                rows = np.load(file, mmap_mode="r")[start : start + len(kept)]
                yield np.array(rows[kept]), own
                start += len(kept)
            first += count

    return shapes[0][1], sum(counts), columns, blocks


def _of_parquet(file: Path) -> _Found:
    opened = pq.ParquetFile(file)
    schema = opened.schema_arrow
    if _VECTOR not in schema.names:
        raise UserError(f"{file}: no column {_VECTOR}; {_REMEDY}")
    kind = schema.field(_VECTOR).type
    head = next(opened.iter_batches(1, columns=[_VECTOR]))
    size = kind.list_size if pa.types.is_fixed_size_list(kind) else len(head[_VECTOR][0])

    def blocks() -> Iterator[Block]:
        first = 0
        for batch in opened.iter_batches(BLOCK_ROWS):
            told, kept = _told(batch, first)
            rows = batch[_VECTOR].flatten().to_numpy(zero_copy_only=False).reshape(-1, size)
            yield rows[kept], told
            first += len(batch)

    return size, opened.metadata.num_rows, _columns(schema.names), blocks


def _of_arrays(file: Path) -> _Found:
    roles, _ = assign(read_arrays(file))
    image = side_of(roles, "image").array
    kinds = {role.kind for role in roles}
    labels: list[tuple[str, ...]] = [()] * len(image)
    if "labels" in kinds:
        stored = roles.get(Role("class_names", ""))
        names = None if stored is None else tuple(str(name).strip() for name in stored.ravel())
        labels, _ = label_names(side_of(roles, "labels").array, names)
    ids = side_of(roles, "ids").array if "ids" in kinds else np.arange(len(image))
    if not len(image) == len(labels) == len(ids):
        raise UserError(f"{file}: {len(image)} images, {len(labels)} labels, {len(ids)} ids")

    def blocks() -> Iterator[Block]:
        for start in range(0, len(image), BLOCK_ROWS):
            rows = slice(start, start + BLOCK_ROWS)
            told = [
                Told(str(name), "", own) for name, own in zip(ids[rows], labels[rows], strict=True)
            ]
            yield image[rows], told

    return image.shape[1], len(image), ["labels"] if "labels" in kinds else [], blocks


def _columns(names: Sequence[str]) -> list[str]:
    return [ours for ours, theirs in (("text", "caption"), ("labels", "labels")) if theirs in names]


def _numbered(count: int, first: int) -> Iterator[tuple[list[Told], NDArray[np.bool_]]]:
    for start in range(0, count, BLOCK_ROWS):
        rows = range(first + start, first + min(start + BLOCK_ROWS, count))
        yield [Told(str(row), "", ()) for row in rows], np.ones(len(rows), bool)


def _told_in(file: Path, first: int) -> Iterator[tuple[list[Told], NDArray[np.bool_]]]:
    for batch in pq.ParquetFile(file).iter_batches(BLOCK_ROWS):
        yield _told(batch, first)
        first += len(batch)


def _told(batch: pa.RecordBatch, first: int) -> tuple[list[Told], NDArray[np.bool_]]:
    """What is told of the rows that are each the first of a picture, and which these are."""
    count, names = len(batch), batch.schema.names
    rows = np.arange(first, first + count)
    kept = batch["picture"].to_numpy() == rows if "picture" in names else np.ones(count, bool)
    path = batch["image_path"].to_pylist() if "image_path" in names else map(str, rows.tolist())
    text = batch["caption"].to_pylist() if "caption" in names else [""] * count
    labels = batch["labels"].to_pylist() if "labels" in names else [()] * count
    told = [
        Told(name or "", caption or "", tuple(own or ()))
        for name, caption, own, is_kept in zip(path, text, labels, kept.tolist(), strict=True)
        if is_kept
    ]
    return told, kept
