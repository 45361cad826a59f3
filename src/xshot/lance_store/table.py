"""A table, open for search: the first stage, and what is told of its rows."""

from collections.abc import Sequence
from pathlib import Path
from shlex import quote
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xshot.errors import UserError
from xshot.lance_store.indexes import PARTITION, PROBES, WIDELY
from xshot.lance_store.layout import (
    CLIP,
    SCHEMA_VERSION,
    About,
    Matrix,
    about_of,
    column_of,
    matrix,
    model_columns,
)
from xshot.lance_store.library import ERRORS, lance, one_line, reason
from xshot.search.table import Told

Rows = NDArray[np.int64]

REMEDY = "make one with `xshot index FOLDER --store lance`"
_MOVED = "if it has been written since it was opened, start again"
_CACHE_BYTES = 2**28
"""Of indexes, and of what is told of files: search must do with little memory."""


class LanceTable:
    """A gallery's rows on disk, by their places among those that were there when it was opened.

    It may be used by several threads.

    Args:
        path: of the table.

    Raises:
        UserError: absent, no such table, damaged, or written by a newer version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.dataset: Any = open_dataset(path)
        self.about = about_at(path, self.dataset.schema)
        self._models = model_columns(self.dataset.schema)
        self._column: str | None = None
        self._size: int = self.dataset.count_rows()

    def __len__(self) -> int:
        return self._size

    @property
    def dimensions(self) -> int:
        """D of a CLIP feature."""
        return self.about.dimensions

    @property
    def columns(self) -> list[str]:
        """What is told of a picture: `path`, and `text` and `labels` where there are any."""
        return [name for name in ("path", "text", "labels") if name in self.dataset.schema.names]

    def use(self, model: Path) -> None:
        """Find candidates by the embedding of a model from here on.

        Raises:
            UserError: the table holds another model's.
        """
        column = column_of(model)
        if column not in self._models:
            raise UserError(
                f"{self.path}: embedded by another model than {model}; type `xshot index "
                f"--refresh --out {quote(str(self.path))}`, which reads no picture"
            )
        self._column = column

    def nearest(
        self,
        queries: Matrix,
        system: str,
        count: int,
        where: str | None = None,
        *,
        widely: bool = False,
    ) -> tuple[Rows, Matrix]:
        """As `xshot.search.table.Table` says."""
        column = self._column if system == "model" else CLIP
        assert column is not None, "a model has to be used first"
        size = self.dataset.schema.field(column).type.list_size
        filled = np.zeros((len(queries), size), np.float32)
        filled[:, : queries.shape[1]] = queries
        probes = max(PROBES, self._size // PARTITION // WIDELY) if widely else PROBES
        asked = {
            "column": column,
            "q": filled if len(filled) > 1 else filled[0],
            "k": count,
            "metric": "dot",
            "minimum_nprobes": probes,
            # With a filter more partitions are looked at until there are enough.
            **({} if where else {"maximum_nprobes": probes}),
        }
        try:
            found = self.dataset.scanner(
                columns=["_rowoffset", "_distance"],
                nearest=asked,
                filter=where,
                prefilter=where is not None,
            ).to_table()
        except ERRORS as error:
            if where is not None and isinstance(error, ValueError):
                raise UserError(f"--where {where}: {reason(error)}") from None
            raise UserError(f"{self.path}: {reason(error)}; {_MOVED}") from None
        rows = found["_rowoffset"].to_numpy().astype(np.int64)
        scores = 1 - found["_distance"].to_numpy()
        order = np.lexsort((-scores, rows))
        distinct, first = np.unique(rows[order], return_index=True)
        return distinct, scores[order][first]

    def take(self, columns: Sequence[str], rows: Rows) -> pa.Table:
        """Some columns of some rows, in the order of `rows`."""
        if not len(rows):
            schema = self.dataset.schema
            return pa.schema([schema.field(name) for name in columns]).empty_table()
        with one_line(str(self.path), _MOVED):
            return self.dataset.take(pa.array(rows, pa.uint64()), columns=list(columns))

    def features(self, rows: Rows) -> Matrix:
        """(N, D) CLIP features."""
        return matrix(self.take([CLIP], rows)[CLIP], self.about.dimensions)

    def told(self, rows: Rows) -> list[Told]:
        """Path, text and labels of each row."""
        found = self.take(self.columns, rows).to_pydict()
        count = len(rows)
        texts = found.get("text", [""] * count)
        labels = found.get("labels", [()] * count)
        return [
            Told(path, text or "", tuple(own or ()))
            for path, text, own in zip(found["path"], texts, labels, strict=True)
        ]


def open_dataset(path: Path) -> Any:
    """The table's dataset.

    Raises:
        UserError: absent, or not to be read.
    """
    library = lance()
    if not (path / "_versions").is_dir():
        raise UserError(f"{path}: no gallery on disk; {REMEDY}")
    remedy = f"if a newer pylance wrote it, update pylance; otherwise {REMEDY}"
    with one_line(f"{path}: cannot be opened", remedy):
        return library.dataset(
            str(path), index_cache_size_bytes=_CACHE_BYTES, metadata_cache_size_bytes=_CACHE_BYTES
        )


def about_at(path: Path, schema: pa.Schema) -> About:
    """What a table at `path` says of itself.

    Raises:
        UserError: nothing, or a newer version wrote it.
    """
    try:
        about = about_of(schema)
    except (KeyError, TypeError, ValueError):
        raise UserError(f"{path}: a Lance table of something else; {REMEDY}") from None
    if about.schema_version != SCHEMA_VERSION:
        raise UserError(
            f"{path}: written by another version of xshot (table version {about.schema_version}, "
            f"not {SCHEMA_VERSION}); update xshot, or {REMEDY}"
        )
    return about
