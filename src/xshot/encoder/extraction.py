"""A manifest's rows and its classes' prompts to features, encoding only what the cache lacks."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xshot.encoder.cache import FeatureCache
from xshot.encoder.engine import Engine
from xshot.encoder.files import FileHashes
from xshot.encoder.image_cache import encode_files
from xshot.encoder.rejected import Rejected
from xshot.encoder.text_cache import encode_texts
from xshot.encoder.texts import LongTexts
from xshot.errors import UserError
from xshot.store.columns import Column
from xshot.store.features import ClassFeatures, FeatureRows
from xshot.store.hdf5 import Rows
from xshot.store.manifest import Manifest


@dataclass(frozen=True)
class Extraction:
    """Features of the rows kept, in manifest order, of all classes, and the rows left out.

    The rows' features stay in the cache until they are asked for: there may be many. `long_texts`
    counts the distinct texts and prompts that are longer than the encoder's context.
    """

    features: FeatureRows
    classes: ClassFeatures
    rejected: tuple[Rejected, ...]
    long_texts: int


def extract(
    manifest: Manifest,
    root: Path,
    *,
    engine: Engine,
    cache: Path,
    hashes: FileHashes,
    templates: Sequence[str],
    long_texts: LongTexts,
    max_rejected: int | None,
) -> Extraction:
    """Features of all rows whose image can be read, and of all classes.

    Whatever stops it, what was encoded by then is in the cache and is not encoded again.

    Args:
        manifest: N rows.
        root: folder that the image paths start from.
        engine: encodes what the cache lacks.
        cache: the encoder's folder of the cache.
        hashes: what is known about the image files.
        templates: prompts with a `{}` for the class's name.
        long_texts: what the encoder does with a text longer than its context.
        max_rejected: unreadable images that may be left out; None = each is an error.

    Raises:
        UserError: more images than that cannot be read; names the first.
    """
    try:
        image, kept, rejected = _images(manifest, root, engine, cache, hashes, max_rejected)
    finally:
        hashes.save()
    names = sorted({label for labels in manifest.labels for label in labels})
    prompts = [template.replace("{}", name) for name in names for template in templates]
    with closing(FeatureCache(cache / "text")) as texts:
        captions = Column.of(manifest.texts).take(kept)
        found = encode_texts(captions.followed_by(prompts), engine, texts, long_texts)
        text = texts.rows_at(found.places[: len(kept)])
        prompt = texts.rows_at(found.places[len(kept) :])[:]
    means = prompt.reshape(len(names), len(templates), -1).mean(axis=1)
    return Extraction(
        features=FeatureRows(Column.of(manifest.ids).take(kept), image, text),
        classes=ClassFeatures(tuple(names), means / np.linalg.norm(means, axis=1, keepdims=True)),
        rejected=tuple(rejected[row] for row in sorted(rejected)),
        long_texts=found.long,
    )


def _images(
    manifest: Manifest,
    root: Path,
    engine: Engine,
    cache: Path,
    hashes: FileHashes,
    max_rejected: int | None,
) -> tuple[Rows, NDArray[np.int64], dict[int, Rejected]]:
    """Features of the rows kept, these rows, and row to why it is left out."""
    files, file_of = Column.of(manifest.images).distinct()
    places = np.full(len(files), -1)
    rejected: dict[int, Rejected] = {}
    with (
        closing(FeatureCache(cache / "image")) as images,
        closing(encode_files(root, files, engine, images, hashes)) as outcomes,
    ):
        for file, outcome in outcomes:
            if isinstance(outcome, bytes):
                places[file] = images.place(outcome)
                continue
            for row in np.flatnonzero(file_of == file).tolist():
                rejected[row] = Rejected(manifest.ids[row], files[file], str(outcome))
                _check_rejected(rejected, max_rejected, root / files[file])
    kept = np.flatnonzero(places[file_of] >= 0)
    if not len(kept):
        raise UserError(f"{root}: none of the {len(manifest)} images can be read; mend data.root")
    return images.rows_at(places[file_of[kept]]), kept, rejected


def _check_rejected(rejected: dict[int, Rejected], max_rejected: int | None, file: Path) -> None:
    first = rejected[min(rejected)]
    if max_rejected is None:
        raise UserError(
            f"{file}: row '{first.id}': {first.reason}; replace the file, or set "
            "data.on_bad_image: skip and data.max_rejected to how many such rows may be left out"
        )
    if len(rejected) > max_rejected:
        raise UserError(
            f"{file.parent}: more images cannot be read than data.max_rejected ({max_rejected}) "
            f"allows, the first of row '{first.id}' ({first.image}): {first.reason}; "
            "replace them or raise data.max_rejected"
        )
