"""The images of any folder as a gallery, in one file.

    /image/features (N, D) float32    /index/image (N,) paths relative to the attribute `root`

Encoded through the cache that extraction uses, so that a run that was stopped goes on where it was
and the images of the dataset need not be encoded again.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from xshot.encoder.cache import CachedRows, FeatureCache
from xshot.encoder.engine import Engine
from xshot.encoder.files import FileHashes
from xshot.encoder.fingerprint import EncoderIdentity, cache_name, identify
from xshot.encoder.image_cache import encode_files
from xshot.encoder.local import LocalEngine
from xshot.encoder.ray_engine import RayEngine
from xshot.errors import UserError
from xshot.pictures import BadImageError
from xshot.search.encoder import GPU_ROWS, QueryEncoder
from xshot.search.folder_images import LeftOut, find_images
from xshot.search.gallery import Gallery, Matrix
from xshot.store.hdf5 import (
    create_table,
    open_table,
    read_strings,
    write_matrix,
    write_strings,
)

if TYPE_CHECKING:
    from xshot.encoder.encode import Encoder

SCHEMA_VERSION = 1
_REMEDY = "make one with `xshot index FOLDER`"


@dataclass(frozen=True)
class Encoded:
    """The images of a folder that can be read, N.

    Attributes:
        root: the folder.
        images: their paths in it.
        keys: digests of their content.
        features: (N, D), read from the cache when a slice or some places are asked for.
        fingerprint: of the encoder.
        left_out: the images that cannot be read.
        notes: on what was passed over.
    """

    root: Path
    images: list[str]
    keys: list[bytes]
    features: CachedRows
    fingerprint: str
    left_out: list[LeftOut]
    notes: list[str]


def index_folder(
    root: Path,
    encoder: QueryEncoder,
    *,
    cache: Path,
    threads: int,
    cluster: RayEngine | None = None,
) -> tuple[Gallery, list[LeftOut], list[str]]:
    """The images of a folder in memory, those left out, and notes; as `encode_folder`."""
    found = encode_folder(root, encoder, cache=cache, threads=threads, cluster=cluster)
    gallery = _gallery(root, found.images, found.features[:], found.fingerprint)
    return gallery, found.left_out, found.notes


def encode_folder(
    root: Path,
    encoder: QueryEncoder,
    *,
    cache: Path,
    threads: int,
    cluster: RayEngine | None = None,
) -> Encoded:
    """Every image under `root`, encoded.

    Whatever stops it, what was encoded by then is in the cache and is not encoded again.

    Args:
        root: a folder; hidden files and folders are passed over.
        encoder: of the model that is to search.
        cache: extraction's `.cache/features`.
        threads: passes side by side.
        cluster: encodes what the cache lacks, if not this machine.

    Raises:
        UserError: no folder, no image in it, or none that can be read.
    """
    images, left_out, notes = find_images(root)
    hashes = FileHashes(cache / "files.hashes")
    # The cache goes by the device that computes, the gallery by the one of training.
    here = _here(encoder, hashes)
    engine: Engine = cluster or LocalEngine(lambda: encoder.load(images=True), threads=threads)
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
        places = np.fromiter((known.place(keys[place]) for place in kept), np.int64, len(kept))
        return Encoded(
            root=root,
            images=[images[place] for place in kept],
            keys=[keys[place] for place in kept],
            features=known.rows_at(places),
            fingerprint=encoder.identity.fingerprint,
            left_out=sorted(left_out, key=lambda one: one.image),
            notes=notes,
        )


def cluster_of(encoder: QueryEncoder, *, cache: Path, threads: int) -> RayEngine:
    """The Ray cluster's workers, to encode images as `encoder` does on this machine.

    Raises:
        UserError: Ray is not installed.
    """
    files, precision, device = encoder.files, encoder.precision, encoder.device

    def load() -> "Encoder":
        from xshot.encoder.loading import load_encoder

        return load_encoder(files, precision=precision, device=device, batch_size=GPU_ROWS)

    here = _here(encoder, FileHashes(cache / "files.hashes"))
    return RayEngine(
        load,
        threads=threads,
        device=device,
        batch_size=GPU_ROWS,
        cache_name=partial(cache_name, here, device),
    )


def _here(encoder: QueryEncoder, hashes: FileHashes) -> EncoderIdentity:
    """What the encoder's features depend on, on the device that computes them."""
    return identify(
        encoder.files, precision=encoder.precision, device=encoder.device, hashes=hashes
    )


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
    with open_index(path) as gallery:
        features = gallery.features["image"]
        return replace(gallery, features={"image": np.asarray(features[:], np.float32)})


@contextmanager
def open_index(path: Path) -> Iterator[Gallery]:
    """An index whose features stay in the file: slices of them can be read within the block.

    Raises:
        UserError: as `read_index`.
    """
    with open_table(path, SCHEMA_VERSION, remedy=_REMEDY) as file:
        if "root" not in file.attrs or "index/image" not in file or "image/features" not in file:
            raise UserError(f"{path}: not an index of images; {_REMEDY}")
        images = read_strings(file, "index/image")
        if len(file["image/features"]) != len(images):
            raise UserError(f"{path}: damaged, not a row an image; {_REMEDY}")
        yield _gallery(
            Path(file.attrs["root"]),
            images,
            file["image/features"],
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
