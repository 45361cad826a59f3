"""A table as a gallery: nothing of it is in memory but what is asked for."""

from pathlib import Path

from xshot.errors import UserError
from xshot.lance_store.table import LanceTable
from xshot.search.gallery import Gallery
from xshot.search.table import TableColumn, TableFeatures


def open_store(path: Path) -> Gallery:
    """What `xshot index --store lance` has written.

    Raises:
        UserError: absent, no such table, damaged, or written by a newer version.
    """
    table = LanceTable(path)
    about, columns = table.about, table.columns
    return Gallery(
        name=about.root or str(path),
        images=TableColumn(table, "image"),
        texts=TableColumn(table, "text") if "text" in columns else (),
        labels=TableColumn(table, "labels") if "labels" in columns else (),
        features={"image": TableFeatures(table)},
        encoder_fingerprint=about.encoder_fingerprint,
        root=Path(about.root),
        table=table,
    )


def stored_folder(path: Path) -> Path | None:
    """The folder whose images a table holds; None where no table can be read."""
    try:
        return Path(LanceTable(path).about.root)
    except UserError:
        return None
