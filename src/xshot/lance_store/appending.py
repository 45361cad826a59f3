"""What a source has and a table lacks, appended block by block: here, or by a cluster's workers.

Each block becomes a version of the table of its own, whoever writes it. A worker writes files that
no version names, and says which; the process that asked commits them. So what a worker that died
has left is in no version, and its block is written once more.
"""

from collections.abc import Iterable, Iterator
from struct import Struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xshot.encoder.digests import DigestTable
from xshot.lance_store.embedding import embedded_rows
from xshot.lance_store.library import lance, one_line
from xshot.lance_store.sources import Part, Source
from xshot.progress import progress
from xshot.projector.embedder import Embedder
from xshot.search.space import BLOCK_ROWS

if TYPE_CHECKING:
    from xshot.encoder.local import LocalEngine
    from xshot.encoder.ray_engine import RayEngine

FILE_ROWS = 4 * BLOCK_ROWS
"""Rows that are appended at once: what a kill costs, and what must fit in memory."""

Block = list[tuple[Part, NDArray[np.int64]]]
"""Parts, and the places in each of the rows that are new."""

REMEDY = "free space or mend access, then type the same again"

_PLACE = Struct("<q")


class NewRows:
    """The rows of a source that a table lacks.

    Args:
        dataset: the table's.
        source: has a row in common with it where keys are equal.

    Attributes:
        seen: (rows of the table,) which of them the source has, by the parts gone through.
        same: rows of the source that are alike in everything to an earlier one, which counts.
    """

    def __init__(self, dataset: Any, source: Source) -> None:
        self._source = source
        self._known = _keys(dataset)
        self.seen = np.zeros(len(self._known), bool)
        self.same = 0

    def blocks(self) -> Iterator[Block]:
        """The new rows, some `FILE_ROWS` at a time."""
        waiting: Block = []
        total = -(-len(self._source) // BLOCK_ROWS)
        for part in progress(self._source.parts(), total=total, unit="block", label="table"):
            if len(places := self._new(part)):
                waiting.append((part, places))
            if sum(len(places) for _, places in waiting) >= FILE_ROWS:
                yield waiting
                waiting = []
        if waiting:
            yield waiting

    def _new(self, part: Part) -> NDArray[np.int64]:
        new = []
        for place, key in enumerate(part.keys):
            if key not in self._known:
                self._known[key] = _PLACE.pack(-1)
                new.append(place)
            elif (row := _PLACE.unpack(self._known[key])[0]) >= 0 and not self.seen[row]:
                self.seen[row] = True
            else:
                self.same += 1
        return np.array(new, np.int64)


def append(dataset: Any, blocks: Iterable[Block], embedder: Embedder, column: str) -> Any:
    """The dataset with the blocks' rows."""
    for block in blocks:
        rows = _embedded(dataset.schema, block, embedder, column)
        dataset = lance().write_dataset(rows, dataset, mode="append")
    return dataset


def append_on(
    cluster: "RayEngine", dataset: Any, blocks: Iterable[Block], embedder: Embedder, column: str
) -> Any:
    """The dataset with the blocks' rows, written by a cluster's workers: in any order.

    The table and what the source reads must lie at the same paths on all machines.
    """
    path, schema = dataset.uri, dataset.schema

    def write(_: "LocalEngine", block: Block) -> Any:
        from lance.fragment import write_fragments

        with one_line(f"{path}: cannot be written", REMEDY):
            return write_fragments(_embedded(schema, block, embedder, column), path, schema=schema)

    library = lance()
    for fragments in cluster.map(write, blocks):
        appended = library.LanceOperation.Append(fragments)
        dataset = library.LanceDataset.commit(dataset, appended, read_version=dataset.version)
    return dataset


def _embedded(schema: pa.Schema, block: Block, embedder: Embedder, column: str) -> pa.Table:
    return pa.concat_tables(
        embedded_rows(schema, part, places, embedder, column) for part, places in block
    )


def _keys(dataset: Any) -> DigestTable:
    """The keys of all rows, with their places."""
    known = DigestTable(_PLACE.size)
    place = 0
    for batch in dataset.scanner(columns=["key"], scan_in_order=True).to_batches():
        for key in batch["key"].to_pylist():
            known[key] = _PLACE.pack(place)
            place += 1
    return known
