"""Approximate indexes of a table's vectors: when there are any, and of which kind.

RaBitQ (Gao and Long, SIGMOD 2024) keeps few bits of each rotated dimension of what a row differs by
from the centre of its partition. Product quantization takes 30 times as long to build and finds
less (docs/experiments.md).
"""

import logging
from typing import Any

from xshot.lance_store.layout import CLIP, model_columns

LEAST_ROWS = 100_000
"""Rows from which a column is indexed; fewer are scanned, which is exact."""

PARTITION = 2048
"""Rows of a partition, about."""

PROBES = 60
"""Partitions that are looked at."""

WIDELY = 3
"""One partition in so many is looked at for what is kept."""

_BITS, _BITS_OF_CLIP = 1, 3
"""Of each dimension. CLIP features need more: they lack the class coordinates that tell rows apart.
"""

_LOG = logging.getLogger(__name__)


def index(dataset: Any) -> Any:
    """The dataset with indexes that know all of its rows, if it has enough of them."""
    rows = dataset.count_rows()
    for column in (CLIP, *model_columns(dataset.schema)):
        parts = _rows_of_parts(dataset, column)
        if rows < LEAST_ROWS or sum(parts) == rows:
            continue
        if max(parts, default=0) < rows / 2:
            _LOG.info("%s: indexing %d rows", column, rows)
            dataset = dataset.create_index(
                column,
                "IVF_RQ",
                name=_name(column),
                metric="dot",
                num_partitions=max(1, rows // PARTITION),
                num_bits=_BITS_OF_CLIP if column == CLIP else _BITS,
                replace=True,
            )
        else:
            # The partitions stay as they are; new rows are spread over them in a second part.
            dataset.optimize.optimize_indices(
                num_indices_to_merge=len(parts) - 1, index_names=[_name(column)]
            )
            dataset.checkout_latest()
    return dataset


def known_rows(dataset: Any, column: str) -> int:
    """Rows that a column's index knows."""
    return sum(_rows_of_parts(dataset, column))


def _rows_of_parts(dataset: Any, column: str) -> list[int]:
    """Rows that each part of a column's index knows."""
    rows = {each.fragment_id: each.count_rows() for each in dataset.get_fragments()}
    return [
        sum(rows.get(number, 0) for number in part["fragment_ids"])
        for part in dataset.list_indices()
        if part["name"] == _name(column)
    ]


def _name(column: str) -> str:
    return f"{column}_index"
