"""The images of any folder as a gallery, in one file.

    /image/features (N, D) float32    /index/image (N,) paths relative to the attribute `root`

Encoded through the cache that extraction uses, so that a run that was stopped goes on where it was
and the images of the dataset need not be encoded again.
"""

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xshot.encoder.cache import FeatureCache
from xshot.encoder.files import FileHashes
from xshot.encoder.fingerprint import cache_name, identify
from xshot.encoder.image_cache import encode_files
from xshot.encoder.local import LocalEngine
from xshot.errors import UserError
from xshot.pictures import BadImageError
from xshot.search.encoder import QueryEncoder
from xshot.search.gallery import Gallery, Matrix
from xshot.store.hdf5 import (
    create_table,
    open_table,
    read_rows,
    read_strings,
    write_matrix,
    write_strings,
)

SCHEMA_VERSION = 1
_REMEDY = "make one with `xshot index FOLDER`"
SUFFIXES = (
    *(".avif", ".bmp", ".gif", ".jp2", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".ppm"),
    *(".tif", ".tiff", ".webp"),
)


@dataclass(frozen=True)
class LeftOut:
    """An image that cannot be read, and why."""

    image: str
    reason: str


def index_folder(
    root: Path, encoder: QueryEncoder, *, cache: Path, threads: int
) -> tuple[Gallery, list[LeftOut]]:
    """Features of every image under `root`, and what was left out.

    Whatever stops it, what was encoded by then is in the cache and is not encoded again.

    Args:
        root: a folder; hidden files and folders are passed over.
        encoder: of the model that is to search.
        cache: extraction's `.cache/features`.
        threads: passes side by side.

    Raises:
        UserError: no folder, no image in it, or none that can be read.
    """
    images, left_out = _find_images(root)
    hashes = FileHashes(cache / "files.hashes")
    # The cache goes by the device that computes, the gallery by the one of training.
    here = identify(
        encoder.files, precision=encoder.precision, device=encoder.device, hashes=hashes
    )
    engine = LocalEngine(lambda: encoder.load(images=True), threads=threads)
    keys: dict[int, bytes] = {}
    folder = cache / cache_name(here, encoder.device) / "image"
    with closing(FeatureCache(folder)) as known:
        try:
            with closing(encode_files(root, images, engine, known, hashes)) as outcomes:
                for place, outcome in outcomes:
                    if isinstance(outcome, BadImageError):
                        left_out.append(LeftOut(images[place], str(outcome)))
                    else:
                        keys[place] = outcome
        finally:
            hashes.save()
        if not keys:
            raise UserError(
                f"{root}: none of its {len(left_out)} image files can be read, such as "
                f"{left_out[0].image}: {left_out[0].reason}; name another folder"
            )
        kept = sorted(keys)
        features = known.rows([keys[place] for place in kept])
    gallery = _gallery(
        root, [images[place] for place in kept], features, encoder.identity.fingerprint
    )
    return gallery, sorted(left_out, key=lambda one: one.image)


def write_index(path: Path, gallery: Gallery) -> None:
    """Write an index file, atomically."""
    with create_table(path, SCHEMA_VERSION) as file:
        file.attrs["encoder_fingerprint"] = gallery.encoder_fingerprint
        file.attrs["root"] = str(gallery.root)
        write_matrix(file, "image/features", gallery.features["image"])
        write_strings(file, "index/image", gallery.images)


def read_index(path: Path) -> Gallery:
    """Read what `write_index` wrote.

    Raises:
        UserError: absent, truncated, of another schema or another kind of file.
    """
    with open_table(path, SCHEMA_VERSION, remedy=_REMEDY) as file:
        if "root" not in file.attrs or "index/image" not in file or "image/features" not in file:
            raise UserError(f"{path}: not an index of images; {_REMEDY}")
        images = read_strings(file, "index/image")
        if len(file["image/features"]) != len(images):
            raise UserError(f"{path}: damaged, not a row an image; {_REMEDY}")
        return _gallery(
            Path(file.attrs["root"]),
            images,
            read_rows(file, "image/features", np.arange(len(images))),
            str(file.attrs["encoder_fingerprint"]),
        )


def indexed_folder(path: Path) -> Path | None:
    """The folder whose images an index file holds; None where no index can be read."""
    try:
        with open_table(path, SCHEMA_VERSION, remedy=_REMEDY) as file:
            return Path(file.attrs["root"])
    except UserError:
        return None


def _gallery(
    root: Path, images: list[str] | tuple[str, ...], features: Matrix, fingerprint: str
) -> Gallery:
    return Gallery(
        name=str(root),
        images=tuple(images),
        texts=(),
        labels=(),
        features={"image": features},
        encoder_fingerprint=fingerprint,
        root=root,
    )


def _find_images(root: Path) -> tuple[list[str], list[LeftOut]]:
    """The images under `root`, and those whose names could be neither stored nor told.

    Raises:
        UserError: no folder, one whose own path could not be stored, or no image in it.
    """
    if not root.is_dir():
        raise UserError(f"{root}: no such folder; name one that holds images")
    if (path := _printable(str(root))) != str(root):
        raise UserError(f"{path}: its path is not UTF-8; rename it")
    images, left_out = [], []
    for image in _image_files(root):
        if (name := _printable(image)) == image:
            images.append(image)
        else:
            left_out.append(LeftOut(name, "its name is not UTF-8; rename it"))
    if not images and not left_out:
        raise UserError(
            f"{root}: holds no images (files that end in {', '.join(SUFFIXES)}); name a folder "
            "that does"
        )
    return images, left_out


def _printable(name: str) -> str:
    """`name` itself where it is UTF-8."""
    return name.encode("utf-8", "backslashreplace").decode()


def _image_files(root: Path) -> Iterator[str]:
    """Files that are named as images are, in an order that does not depend on the file system."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES:
                yield (Path(folder) / name).relative_to(root).as_posix()
