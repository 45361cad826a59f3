"""Features that are there already, as the rows of a table.

Read in blocks: a folder in the layout of `xshot export` and of clip-retrieval (img_emb/*.npy beside
metadata/*.parquet), a Parquet file with a column `image_vector`, and .npy. Read as a whole: what
`xshot import` takes (.npz, .mat, .h5), of which the images and their labels count.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from xshot.errors import UserError
from xshot.imports.arrays import SUFFIXES, read_arrays
from xshot.imports.labels import label_names
from xshot.imports.roles import Role, assign
from xshot.imports.sides import side_of
from xshot.imports.unit import unit_rows
from xshot.lance_store.parquet_rows import Block, Found, columns_of, of_parquet, told_in
from xshot.lance_store.sources import Part, digest
from xshot.reading import check_file, explain_damage
from xshot.search.export import VECTORS
from xshot.search.space import BLOCK_ROWS
from xshot.search.table import Told

Matrix = NDArray[np.float32]
T = TypeVar("T")

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
            UserError: one is no numbers, zero or not finite, or has other dimensions; or the file
                is damaged.
        """
        start, blocks = 0, self.blocks()
        while block := _read(self.name, lambda: next(blocks, None)):
            rows, told = block
            what = f"{self.name}, rows from {start + 1}"
            if rows.dtype.kind not in "fiu" or rows.shape[1:] != (self.dimensions,):
                raise UserError(
                    f"{what}: {rows.dtype} of shape {rows.shape}; give rows of {self.dimensions} "
                    "numbers each"
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
    dimensions, size, columns, blocks = _read(path, lambda: _found(path))
    said = _read(path, lambda: _said(path / VECTORS if path.is_dir() else path))
    if not size:
        raise UserError(f"{path}: no rows; {_REMEDY}")
    return ReadyMade(
        root, columns, said or encoder_fingerprint, dimensions, size, blocks, str(path)
    )


def _found(path: Path) -> Found:
    if path.is_dir():
        return _of_layout(path)
    suffix = path.suffix.lower()
    if suffix not in (".parquet", *SUFFIXES):
        raise UserError(f"{path}: cannot be read for features; {_REMEDY}")
    check_file(path)
    if suffix == ".parquet":
        return of_parquet(path)
    return _of_npy([path], None) if suffix == ".npy" else _of_arrays(path)


def _read(path: Path | str, read: Callable[[], T]) -> T:
    """What `read` returns.

    Raises:
        UserError: instead of what NumPy's and Arrow's readers trip over in a damaged file.
    """
    try:
        return read()
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"{path}: {explain_damage(error, _REMEDY, 'cannot be read')}") from None


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


def _of_layout(folder: Path) -> Found:
    vectors = sorted((folder / "img_emb").glob("*.npy"))
    metadata = sorted((folder / "metadata").glob("*.parquet"))
    if not vectors or len(metadata) not in (0, len(vectors)):
        raise UserError(
            f"{folder}: {len(vectors)} files in img_emb and {len(metadata)} in metadata; {_REMEDY}"
        )
    return _of_npy(vectors, metadata or None)


def _of_npy(files: Sequence[Path], metadata: Sequence[Path] | None) -> Found:
    shapes = [np.load(file, mmap_mode="r").shape for file in files]
    for file, shape in zip(files, shapes, strict=True):
        if len(shape) != 2:
            raise UserError(f"{file}: an array of shape {shape}; give rows of features")
    counts = [shape[0] for shape in shapes]
    for place, file in enumerate(metadata or ()):
        if (rows := pq.ParquetFile(file).metadata.num_rows) != counts[place]:
            raise UserError(f"{file}: {rows} rows for {counts[place]} vectors; give one for each")
    columns = columns_of(pq.read_schema(metadata[0]).names) if metadata else []

    def blocks() -> Iterator[Block]:
        first = 0
        for place, file in enumerate(files):
            count = counts[place]
            told = told_in(metadata[place], first) if metadata else _numbered(count, first)
            start = 0
            for own, kept in told:
                # Mapped for one block only: what is mapped counts as memory of this process.
                rows = np.load(file, mmap_mode="r")[start : start + len(kept)]
                yield np.array(rows[kept]), own
                start += len(kept)
            first += count

    return shapes[0][1], sum(counts), columns, blocks


def _of_arrays(file: Path) -> Found:
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


def _numbered(count: int, first: int) -> Iterator[tuple[list[Told], NDArray[np.bool_]]]:
    for start in range(0, count, BLOCK_ROWS):
        rows = range(first + start, first + min(start + BLOCK_ROWS, count))
        yield [Told(str(row), "", ()) for row in rows], np.ones(len(rows), bool)
