"""A data set of as many tiny pictures as asked for, each its own, and an encoder for them."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from ruamel.yaml import YAML

from benchmarks.scratch import ROOT
from tests.encoder.folders import VIT, write_folder
from xshot.store.manifest import Manifest, write_manifest

_SIZE = 32
_FILES_PER_FOLDER = 1000


def write_pictures(folder: Path, rows: int, *, dimensions: int, **clip: Any) -> None:
    """Params, manifest, pictures and a model of one layer a tower: rows cost more than weights do.

    Args:
        folder: where; the stages run in it.
        rows: pairs.
        dimensions: of the features.
        clip: params of that section to set.
    """
    towers = {name: {**VIT[name], "layers": 1} for name in ("vision_cfg", "text_cfg")}
    write_folder(folder / "encoder", {**VIT, **towers, "embed_dim": dimensions})
    images = [f"{row // _FILES_PER_FOLDER}/{row}.bmp" for row in range(rows)]
    for first in images[::_FILES_PER_FOLDER]:
        (folder / "pictures" / first).parent.mkdir(parents=True)
    bitmap = _bitmap()
    for row, image in enumerate(images):
        (folder / "pictures" / image).write_bytes(bitmap[:-4] + row.to_bytes(4, "little"))
    write_manifest(
        folder / "data/manifest.parquet",
        Manifest(
            ids=tuple(f"row-{row}" for row in range(rows)),
            images=tuple(images),
            texts=tuple(f"picture number {row}" for row in range(rows)),
            labels=tuple((f"class {row % 81}",) for row in range(rows)),
            splits=tuple("train" if row % 3 else "test" for row in range(rows)),
        ),
    )
    yaml = YAML()
    params = yaml.load(ROOT / "params.yaml")
    params["device"] = "cpu"
    params["data"]["root"] = "pictures"
    params["clip"] |= {"weights": "encoder", **clip}
    yaml.dump(params, folder / "params.yaml")


def _bitmap() -> bytes:
    buffer = BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (_SIZE, _SIZE, 3), np.uint8)
    Image.fromarray(noise).save(buffer, "BMP")
    return buffer.getvalue()
