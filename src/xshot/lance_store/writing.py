"""A table, brought to what a source holds: whatever stops it, a later run goes on from there.

Rows are known by their keys. A run appends those that are not there (`appending`); then it takes
out those whose key the source no longer has. So a table that is being written can be searched, and
holds no row twice.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from xshot.errors import UserError
from xshot.lance_store import appending
from xshot.lance_store.appending import REMEDY, NewRows, append, append_on
from xshot.lance_store.embedding import dimensions_of, refreshed
from xshot.lance_store.indexes import index
from xshot.lance_store.layout import (
    CLIP,
    SCHEMA_VERSION,
    About,
    Dtype,
    column_of,
    schema_of,
)
from xshot.lance_store.library import lance, one_line
from xshot.lance_store.sources import Source
from xshot.lance_store.table import about_at, open_dataset
from xshot.projector.embedder import Embedder

if TYPE_CHECKING:
    from xshot.encoder.ray_engine import RayEngine

_KEPT = timedelta(days=1)
"""How long files of earlier versions stay: programs that search may have them open."""

_DELETED_AT_ONCE = 100_000
_FOLDERS = {"_versions", "_transactions", "_indices", "_deletions", "data"}


@dataclass(frozen=True)
class Written:
    """What a run has done.

    Attributes:
        rows: that the table holds.
        added: of these.
        removed: that it no longer holds.
        same: rows of the source that are alike in everything to an earlier one, which counts.
    """

    rows: int
    added: int
    removed: int
    same: int


def check_target(path: Path) -> None:
    """Refuse what no table can be written to, before there is something to write.

    Raises:
        UserError: pylance is not installed, or `path` is a file or a folder of something else.
    """
    lance()
    if path.is_dir() and not {one.name for one in path.iterdir()} <= _FOLDERS:
        raise UserError(f"{path}: a folder of something else; name another with --out")
    if path.exists() and not path.is_dir():
        raise UserError(f"{path}: is a file; name the folder to write with --out")


def write_store(
    path: Path,
    source: Source,
    embedder: Embedder,
    model: Path,
    dtype: Dtype | None = None,
    cluster: "RayEngine | None" = None,
) -> Written:
    """Bring the table at `path` to what `source` holds, embedded by a model.

    Args:
        path: of the table, which is made if it is not there.
        source: its rows.
        embedder: of the model.
        model: the folder of the same.
        dtype: of the CLIP features; those of a table that is there stay as they are.
        cluster: embeds and writes new rows, if not this process.

    Raises:
        UserError: the table is of another encoder or of other rows, in use, or the disk is full.
    """
    column = column_of(model)
    with _alone(path), one_line(f"{path}: cannot be written", REMEDY):
        if _is_there(path):
            dataset = _cleaned(open_dataset(path))
            _check_fits(path, dataset, source, dtype)
            dataset = refreshed(dataset, embedder, column)
        else:
            dataset = _created(path, source, embedder, column, dtype or "float32")
        before = dataset.count_rows()
        new = NewRows(dataset, source)
        if cluster is None:
            dataset = append(dataset, new.blocks(), embedder, column)
        else:
            dataset = append_on(cluster, dataset, new.blocks(), embedder, column)
        added = dataset.count_rows() - before
        gone = np.flatnonzero(~new.seen)
        dataset = _finished(_delete(dataset, gone))
    return Written(dataset.count_rows(), added, len(gone), new.same)


def refresh(path: Path, embedder: Embedder, model: Path, encoder_fingerprint: str) -> int:
    """Embed a table's rows by another model of the same encoder; until then it is the earlier's.

    Raises:
        UserError: the table is not there, of another encoder or in use, or the disk is full.
    """
    column = column_of(model)
    with _alone(path), one_line(f"{path}: cannot be written", REMEDY):
        dataset = open_dataset(path)
        _check_encoder(path, about_at(path, dataset.schema), encoder_fingerprint)
        dataset = _finished(refreshed(_cleaned(dataset), embedder, column))
        rows: int = dataset.count_rows()
        return rows


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """No other run writes the table meanwhile; the lock goes with the process.

    Raises:
        UserError: one does.
    """
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path.with_name(f".{path.name}.lock"), timeout=0):
            yield
    except Timeout:
        raise UserError(f"{path}: another `xshot index` writes it; wait for that") from None


def _is_there(path: Path) -> bool:
    return any((path / "_versions").glob("*.manifest"))


def _check_fits(path: Path, dataset: Any, source: Source, dtype: Dtype | None) -> None:
    about = about_at(path, dataset.schema)
    _check_encoder(path, about, source.encoder_fingerprint)
    if about.dimensions != source.dimensions:
        raise UserError(
            f"{path}: holds features of {about.dimensions} dimensions, not {source.dimensions}; "
            "name another with --out"
        )
    there = [name for name in ("text", "labels") if name in dataset.schema.names]
    if there != [*source.columns]:
        raise UserError(
            f"{path}: its rows tell {' and '.join(['path', *there])}, the new ones "
            f"{' and '.join(['path', *source.columns])}; name another with --out"
        )
    kept = "float16" if pa.types.is_float16(dataset.schema.field(CLIP).type.value_type) else None
    if dtype is not None and dtype != (kept or "float32"):
        raise UserError(f"{path}: holds {kept or 'float32'}; name another with --out for {dtype}")


def _check_encoder(path: Path, about: About, fingerprint: str) -> None:
    if about.encoder_fingerprint != fingerprint:
        raise UserError(
            f"{path}: its features are of another encoder than the model's; delete it, or name "
            "another with --out"
        )


def _created(path: Path, source: Source, embedder: Embedder, column: str, dtype: Dtype) -> Any:
    about = About(SCHEMA_VERSION, str(source.root), source.encoder_fingerprint, source.dimensions)
    dimensions = dimensions_of(embedder, source.dimensions)
    schema = schema_of(about, dtype, source.columns, column, dimensions)
    return lance().write_dataset(schema.empty_table(), str(path), mode="create")


def _cleaned(dataset: Any) -> Any:
    """The dataset without what a killed run has left, and without old versions."""
    dataset.cleanup_old_versions(older_than=_KEPT, delete_unverified=True)
    return dataset


def _finished(dataset: Any) -> Any:
    """The dataset with few small files and with indexes that know all rows."""
    dataset.optimize.compact_files(target_rows_per_fragment=appending.FILE_ROWS)
    dataset.checkout_latest()
    return _cleaned(index(dataset))


def _delete(dataset: Any, rows: np.ndarray) -> Any:
    """The dataset without the rows at some places."""
    # From the end: the places of those before stay as they are.
    for stop in range(len(rows), 0, -_DELETED_AT_ONCE):
        some = rows[max(0, stop - _DELETED_AT_ONCE) : stop]
        dataset.delete(f"_rowoffset IN ({','.join(map(str, some.tolist()))})")
    return dataset
