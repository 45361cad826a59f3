"""An imported dataset on disk, as the adapter `imported` reads it."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from xshot.datasets.imported import CLASSES
from xshot.imports.dataset import Imported
from xshot.imports.identity import fingerprint_of
from xshot.store.atomic import atomic_path
from xshot.store.features import EncoderRecord, write_features


def write_folder(folder: Path, imported: Imported, templates: tuple[str, ...]) -> None:
    """Write features.h5 and manifest.parquet; equal input gives equal bytes.

    Args:
        folder: made if it is not there.
        imported: the dataset.
        templates: prompts that the class features were made with, if they were made here.

    Raises:
        UserError: the disk is full or the folder cannot be written.
    """
    features, classes = imported.features, imported.classes
    record = EncoderRecord(fingerprint_of(features, classes), {"imported": True}, templates)
    write_features(folder / "features.h5", features, classes, record)
    rows = [
        {"id": row.id, "image": row.image, "text": row.text, "label": list(row.labels)}
        | ({"split": row.split} if row.split else {})
        for row in imported.rows
    ]
    with atomic_path(folder / "manifest.parquet") as temporary, temporary.open("wb") as file:
        table = pa.Table.from_pylist(rows)
        order = {CLASSES: json.dumps(imported.order)}
        pq.write_table(table.replace_schema_metadata(order), file)
