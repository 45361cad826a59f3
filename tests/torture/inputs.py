"""Every kind of file that is read, as a small tree, and what reads it.

What reads it takes a folder in which one file has gone wrong, and either gives a whole result or
raises what the user gets to see as one line.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tests.datasets import (
    test_nus_wide,
    test_pascal_sentence,
    test_wikipedia,
    test_xmedianet,
)
from tests.pictures.files import METADATA
from tests.torture.caches import cache_files, read_cache
from tests.torture.tables import (
    Files,
    csv_files,
    encoded,
    jpg,
    jsonl_files,
    parquet_files,
    unicode_text_files,
    utf_32_files,
)
from tests.torture.vectors import (
    import_files,
    npy_files,
    read_imports,
    read_npy,
    read_vectors,
    vector_files,
)
from xshot.cli.artefacts import check_artefacts
from xshot.cli.bookkeeping import check_bookkeeping
from xshot.cli.inputs import check_encoder
from xshot.datasets.adapters import build_manifest
from xshot.datasets.params import DatasetName
from xshot.encoder.folder import read_folder
from xshot.errors import UserError
from xshot.params import load_params
from xshot.pictures import BadImageError, decode_image
from xshot.report.thumbnails import thumbnail
from xshot.store.manifest import read_manifest, write_manifest


@dataclass(frozen=True)
class Kind:
    """Files, what reads them, and which of them go wrong.

    Attributes:
        files: path to content, given a folder in which the pipeline has run.
        read: reads the tree in a folder, one file of which has gone wrong.
        suffixes: of the files that do.
    """

    files: Callable[[Path], Files]
    read: Callable[[Path], None]
    suffixes: tuple[str, ...] = ("",)


def _prepare(name: DatasetName) -> Callable[[Path], None]:
    def read(root: Path) -> None:
        out = root.parent / "out" / "manifest.parquet"
        shutil.rmtree(out.parent, ignore_errors=True)
        try:
            manifest = build_manifest(name, root, split_seed=0, test_fraction=0.4, min_test=1)
            write_manifest(out, manifest)
        except UserError:
            assert not out.parent.exists() or not any(out.parent.iterdir())
            raise
        assert read_manifest(out) == manifest

    return read


def _bytes(files: dict[str, str | bytes]) -> Files:
    return {name: c.encode() if isinstance(c, str) else c for name, c in files.items()}


def _nus_wide(_: Path) -> Files:
    files = test_nus_wide.mini(alone=2)
    names = files["ImageList/Imagelist.txt"].split()
    return _bytes(
        {
            **files,
            "ImageList/TrainImagelist.txt": "\n".join(names[::2]),
            "ImageList/TestImagelist.txt": "\n".join(names[1::2]),
            "NUS-WIDE-10K.txt": "\n".join(names[:9]),
            **{f"Flickr/{name.replace(chr(92), '/')}": jpg() for name in names},
        }
    )


def _pictures(_: Path) -> Files:
    noise = np.random.default_rng(0).integers(0, 256, (12, 17, 3), np.uint8)
    picture = Image.fromarray(noise)
    exif = Image.Exif()
    exif[0x0112] = 6
    return {
        "a.jpg": encoded(picture, "JPEG", exif=exif),
        "progressive.jpg": encoded(picture, "JPEG", progressive=True),
        "cmyk.jpg": encoded(picture.convert("CMYK"), "JPEG"),
        "a.png": encoded(picture, "PNG"),
        "palette.png": encoded(picture.quantize(7), "PNG", transparency=0),
        "deep.png": encoded(Image.fromarray(noise[..., 0].astype(np.uint16) * 257), "PNG"),
        "alpha.webp": encoded(picture.convert("RGBA"), "WEBP"),
        "moving.gif": encoded(picture, "GIF", save_all=True, append_images=[picture.rotate(9)]),
        "a.tiff": encoded(picture, "TIFF", compression="tiff_lzw"),
        "a.bmp": encoded(picture, "BMP"),
        "a.ppm": encoded(picture, "PPM"),
        "a.avif": encoded(picture, "AVIF"),
        "phone.jpg": encoded(picture, "MPO", save_all=True, append_images=[picture.rotate(9)]),
        "texts.png": METADATA["png, 2 MB xmp"](),
    }


def _look(folder: Path) -> None:
    for file in sorted(folder.iterdir()):
        thumbnail(file)
        try:
            picture = decode_image(file.read_bytes())
        except BadImageError as error:
            raise UserError(str(error)) from None
        assert picture.mode == "RGB"


def _below(*names: str) -> Callable[[Path], Files]:
    def files(finished: Path) -> Files:
        found = [
            path for name in names for path in [finished / name, *(finished / name).rglob("*")]
        ]
        return {str(p.relative_to(finished)): p.read_bytes() for p in found if p.is_file()}

    return files


def _artefacts(folder: Path) -> None:
    """All of `xshot check`, then the readers that build models."""
    from xshot.projector.file import load_embedder
    from xshot.vaegan.file import load_vaegan

    before = Path.cwd()
    os.chdir(folder)
    try:
        for finding in check_artefacts(load_params(), None, read_folder(Path("encoder"))):
            assert "\n" not in str(finding)
        load_vaegan(Path("models/vaegan"))
        load_embedder(Path("models/projector"))
    finally:
        os.chdir(before)


def _project(folder: Path) -> None:
    """What `xshot check` says of the files that DVC goes by."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        found = [*check_bookkeeping(), *check_encoder(load_params())]
    finally:
        os.chdir(before)
    for finding in found:
        assert "\n" not in str(finding)
        if finding.mark == "wrong":
            raise UserError(str(finding))


_ARTEFACTS = (
    *("params.yaml", "encoder", "data/manifest.parquet", "data/features.h5"),
    *("data/episode.json", "data/heldout.json", "data/pseudo.h5", "metrics.json"),
    *("models/selection.json", "models/mixture.h5", "models/vaegan", "models/projector"),
)


_LISTS = (".csv", ".jsonl", ".parquet", ".list", ".txt", ".xml")

KINDS: dict[str, Kind] = {
    "manifest.csv": Kind(csv_files, _prepare("manifest"), _LISTS),
    "utf-32": Kind(utf_32_files, _prepare("manifest"), _LISTS),
    "unicode text": Kind(unicode_text_files, _prepare("manifest"), _LISTS),
    "manifest.jsonl": Kind(jsonl_files, _prepare("manifest"), _LISTS),
    "manifest.parquet": Kind(parquet_files, _prepare("manifest"), _LISTS),
    "wikipedia": Kind(lambda _: _bytes(test_wikipedia.mini(jpg())), _prepare("wikipedia"), _LISTS),
    "pascal_sentence": Kind(
        lambda _: _bytes(test_pascal_sentence.mini(jpg())), _prepare("pascal_sentence"), _LISTS
    ),
    "nus_wide": Kind(_nus_wide, _prepare("nus_wide"), _LISTS),
    "nus_wide_10k": Kind(_nus_wide, _prepare("nus_wide_10k"), _LISTS),
    "nus_wide_81": Kind(_nus_wide, _prepare("nus_wide_81"), _LISTS),
    "xmedianet": Kind(lambda _: _bytes(test_xmedianet.mini(jpg())), _prepare("xmedianet"), _LISTS),
    "pictures": Kind(_pictures, _look),
    "imports": Kind(import_files, read_imports),
    "npy": Kind(npy_files, read_npy),
    "vectors": Kind(vector_files, read_vectors),
    "project": Kind(
        _below(".dvc/config", "dvc.yaml", "dvc.lock", "params.yaml", "encoder", "pipeline/sources"),
        _project,
        ("config", ".yaml", ".lock"),
    ),
    "cache": Kind(cache_files, read_cache),
    "tables": Kind(_below(*_ARTEFACTS), _artefacts, (".h5",)),
    "artefacts": Kind(
        _below(*_ARTEFACTS), _artefacts, (".json", ".parquet", ".safetensors", ".yaml", ".csv")
    ),
}
