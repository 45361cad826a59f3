"""The manifest: one row per image-text pair, the list that every later stage starts from."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from xshot.errors import UserError
from xshot.reading import check_file, explain_damage
from xshot.store.atomic import atomic_path
from xshot.store.columns import Column

SPLITS = ("train", "test")

MAX_NAME_BYTES = 1024
"""Of an id or a label, in UTF-8. Later tables give every name as much room as the longest takes."""

_NOT_TEXT = re.compile(r"[\x00\ud800-\udfff]")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
# Windows' form too: a manifest may be written on one system and read on another.
_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:[/\\]")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/|data:")

_REMARKS = b"xshot"
"""Key of what a manifest says beyond its rows, in the metadata of the Parquet schema."""

_TEXT = pa.string()
_SCHEMA = pa.schema(
    [
        pa.field("id", _TEXT, nullable=False),
        pa.field("image", _TEXT, nullable=False),
        pa.field("text", _TEXT, nullable=False),
        pa.field("labels", pa.list_(pa.field("element", _TEXT, nullable=False)), nullable=False),
        pa.field("split", _TEXT, nullable=False),
    ]
)


@dataclass(frozen=True)
class Manifest:
    """Image-text pairs in a fixed order; the five columns have one entry per pair.

    Rows of equal `images` are one picture with several texts, and carry the same labels.

    Attributes:
        ids: unique name of the pair.
        images: path of the picture relative to `data.root`, with `/` between folders.
        texts: caption or article.
        labels: the classes of the pair's picture, one or more.
        splits: `train` or `test`.
        twins: picture -> the first one with the same bytes, though with other labels.
        notes: what is odd about the data, a line each.
        classes: names of the classes in the data set's own order; () where it has none.
        drawn: with which settings the split was drawn; empty where the data set brings one.
    """

    ids: Sequence[str]
    images: Sequence[str]
    texts: Sequence[str]
    labels: Sequence[tuple[str, ...]]
    splits: Sequence[str]
    twins: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    drawn: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def pictures(self) -> Sequence[str]:
        """Each row's picture by its bytes: what must never stand on two sides of a split."""
        if not self.twins:
            return self.images
        return [self.twins.get(image, image) for image in self.images]


def read_manifest(path: Path) -> Manifest:
    """Read and check a manifest.

    Raises:
        UserError: the file is absent, is no manifest, or a row breaks a rule of `check_manifest`.
    """
    again = "run `dvc repro prepare`"
    try:
        check_file(path)
        table = pq.read_table(path, page_checksum_verification=True)
        table.validate(full=True)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; {again}") from None
    except (OSError, ValueError, pa.ArrowException) as error:
        told = explain_damage(error, again, "not a readable Parquet file")
        raise UserError(f"{path}: {told}") from None
    if not table.schema.equals(_SCHEMA):
        wanted = ", ".join(f"{field.name} {field.type}" for field in _SCHEMA)
        raise UserError(f"{path}: expected the columns {wanted}; {again}")
    remarks = _remarks(path, table.schema.metadata)
    ids, images, texts, labels, splits = map(Column[Any], table.columns)
    manifest = Manifest(ids, images, texts, labels, splits, *remarks)
    check_manifest(manifest, source=path)
    return manifest


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Check the manifest and write it in one step; the same rows give the same bytes.

    Raises:
        UserError: a row breaks a rule of `check_manifest`.
    """
    check_manifest(manifest, source=path)
    columns = [manifest.ids, manifest.images, manifest.texts, manifest.labels, manifest.splits]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, _SCHEMA, strict=True)]
    schema = _SCHEMA
    remarks = {
        "twins": dict(manifest.twins),
        "notes": manifest.notes,
        "classes": manifest.classes,
        "drawn": dict(manifest.drawn),
    }
    if any(remarks.values()):
        schema = _SCHEMA.with_metadata({_REMARKS: json.dumps(remarks)})
    # By Python, for which the path need not be UTF-8.
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        pq.write_table(pa.table(arrays, schema=schema), file, write_page_checksum=True)


def _remarks(
    path: Path, metadata: Mapping[bytes, bytes] | None
) -> tuple[dict[str, str], tuple[str, ...], tuple[str, ...], dict[str, str]]:
    """Twins, notes, classes and settings of the draw."""
    try:
        tree = json.loads((metadata or {}).get(_REMARKS, b"{}"))
        notes, classes = (tuple(tree.get(key, ())) for key in ("notes", "classes"))
        return dict(tree.get("twins", {})), notes, classes, dict(tree.get("drawn", {}))
    except (ValueError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: damaged ({error}); run `dvc repro prepare`") from None


def check_manifest(manifest: Manifest, *, source: Path | str) -> None:
    """Check every row: unique ids, paths inside the root, text, labels and split.

    Raises:
        UserError: naming `source`, the first bad row (counted from 1) and its id.
    """
    if not manifest.ids:
        raise UserError(f"{source}: no rows; a manifest needs at least one image-text pair")
    rows = zip(
        manifest.ids,
        manifest.images,
        manifest.texts,
        manifest.labels,
        manifest.splits,
        strict=True,
    )
    for number, (id_, image, text, labels, split) in enumerate(rows, start=1):
        problem = (
            _id_problem(id_)
            or _image_problem(image)
            or _text_problem(text)
            or _labels_problem(labels)
            or _split_problem(split)
        )
        if problem:
            raise UserError(f"{source}: row {number} (id {id_[:80]!r}): {problem}")
    _, places = Column.of(manifest.ids).distinct()
    repeated = np.flatnonzero(places != np.arange(len(places)))
    if repeated.size:
        row = int(repeated[0])
        raise UserError(
            f"{source}: row {row + 1} (id {manifest.ids[row]!r}): the id is taken by row "
            f"{places[row] + 1} already; ids must be unique: give every row its own"
        )


def _id_problem(id_: str) -> str | None:
    if not id_.strip() or _UNPRINTABLE.search(id_):
        return "the id is empty or holds a control character; give every row a plain name"
    return _length_problem("id", id_)


def _image_problem(image: str) -> str | None:
    if not image.strip() or _UNPRINTABLE.search(image):
        return f"the image path {image!r} is empty or holds a control character; mend the path"
    if _ABSOLUTE.match(image):
        return f"the image path {image!r} is absolute; make it relative to data.root"
    if _ADDRESS.match(image):
        return f"the image {image!r} is an address; download it, and give its path in data.root"
    if ".." in image.replace("\\", "/").split("/"):
        return f"the image path {image!r} climbs out of data.root; remove the '..'"
    return None


def _text_problem(text: str) -> str | None:
    if not text.strip():
        return "the text is empty; give every picture a text or leave the row out"
    if _NOT_TEXT.search(text):
        return "the text holds NUL or broken characters; save the file as UTF-8"
    return None


def _labels_problem(labels: tuple[str, ...]) -> str | None:
    if not labels:
        return "no label; give at least one class"
    if problem := next(filter(None, map(label_problem, labels)), None):
        return problem
    if len(set(labels)) != len(labels):
        return f"the labels {'|'.join(labels)!r} name a class twice; name it once"
    return None


def label_problem(label: str) -> str | None:
    """Why no class can be called so, and what to do; None = it can."""
    if not label.strip() or _UNPRINTABLE.search(label):
        return f"the label {label!r} is empty or holds a control character; name the class"
    if "|" in label:
        return f"the label {label!r} holds '|', which separates labels; rename the class"
    return _length_problem("label", label)


def _length_problem(what: str, name: str) -> str | None:
    if (length := len(name.encode())) > MAX_NAME_BYTES:
        return f"the {what} takes {length} bytes, more than {MAX_NAME_BYTES}; give a shorter one"
    return None


def _split_problem(split: str) -> str | None:
    if split not in SPLITS:
        return f"unknown split {split!r}; write {' or '.join(SPLITS)}"
    return None
