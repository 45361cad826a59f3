"""The column of a model in a table: of rows that are there, and of new ones."""

from typing import Any

import numpy as np
import pyarrow as pa

from xshot.lance_store.layout import (
    CLIP,
    about_of,
    matrix,
    model_columns,
    model_field,
    vectors,
)
from xshot.lance_store.library import lance
from xshot.lance_store.sources import Part
from xshot.projector.embedder import Embedder
from xshot.search.space import BLOCK_ROWS, embed


def refreshed(dataset: Any, embedder: Embedder, column: str) -> Any:
    """The dataset with the column of the model, and with no other model's."""
    if column not in dataset.schema.names:
        about = about_of(dataset.schema)
        field = model_field(column, dimensions_of(embedder, about.dimensions))

        def embedded(batch: pa.RecordBatch) -> pa.RecordBatch:
            rows = embed(embedder, matrix(batch[CLIP], about.dimensions), "image")
            return pa.record_batch([vectors(rows, field)], pa.schema([field]))

        if dataset.count_rows():
            made = lance().batch_udf(output_schema=pa.schema([field]))(embedded)
            dataset.add_columns(made, read_columns=[CLIP], batch_size=BLOCK_ROWS)
        else:
            dataset.add_columns(field)
    if others := [name for name in model_columns(dataset.schema) if name != column]:
        dataset.drop_columns(others)
    return dataset


def dimensions_of(embedder: Embedder, dimensions: int) -> int:
    """E of an embedding."""
    probe = np.full((1, dimensions), dimensions**-0.5, np.float32)
    size: int = embed(embedder, probe, "image").shape[1]
    return size


def embedded_rows(
    schema: pa.Schema, part: Part, places: np.ndarray, embedder: Embedder, column: str
) -> pa.Table:
    """Some rows of a part, by their places in it, as rows of the table."""
    features = part.features(places)
    told = [part.told[place] for place in places.tolist()]
    columns = {
        "key": [part.keys[place] for place in places.tolist()],
        "path": [one.image for one in told],
        "text": [one.text for one in told],
        "labels": [list(one.labels) for one in told],
        CLIP: vectors(features, schema.field(CLIP)),
        column: vectors(embed(embedder, features, "image"), schema.field(column)),
    }
    return pa.table([columns[name] for name in schema.names], schema=schema)
