"""`extract` of 20,000 rows with nothing new, beside what it may take.

`python -m benchmarks.bench_nothing_new`; pictures and encoder are small: neither is read again.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image
from ruamel.yaml import YAML

from benchmarks.scratch import ROOT, run
from benchmarks.side_by_side import REPEATS, Row, summarise
from tests.encoder.folders import VIT, write_folder
from xshot.store.manifest import Manifest, write_manifest

ROWS = 20_000
ALLOWED = 2.0
"""Seconds, beyond the import of torch."""

_TOWERS = {
    **VIT,
    "embed_dim": 512,
    "vision_cfg": {**VIT["vision_cfg"], "layers": 1},
    "text_cfg": {**VIT["text_cfg"], "layers": 1},
}


def rows() -> Iterator[Row]:
    """The stage by itself, without DVC and its hashing."""
    times, same = [], True
    with TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder)
        _extract(folder)
        first = (folder / "data/features.h5").read_bytes()
        for _ in range(REPEATS):
            start = time.perf_counter()
            run(ROOT, "python", "-c", "import torch")
            allowed = time.perf_counter() - start + ALLOWED
            start = time.perf_counter()
            _extract(folder)
            times.append((allowed, time.perf_counter() - start))
            same &= (folder / "data/features.h5").read_bytes() == first
    yield summarise(
        f"extract with nothing new, {ROWS} rows", "import torch + 2 s", times,
        equal=same, target=1.0,
    )  # fmt: skip


def _extract(folder: Path) -> None:
    run(ROOT, "python", "-c", f"import os; os.chdir({str(folder)!r}); {_STAGE}")


_STAGE = "from pipeline.extract import main; main()"


def _write(folder: Path) -> None:
    """Params, manifest, encoder, and pictures that differ in their last bytes."""
    write_folder(folder / "encoder", _TOWERS)
    (folder / "pictures").mkdir()
    rng = np.random.default_rng(0)
    path = folder / "pictures/picture.bmp"
    Image.fromarray(rng.integers(0, 255, (32, 32, 3), np.uint8)).save(path)
    bitmap = path.read_bytes()
    for row in range(ROWS):
        path.with_name(f"{row}.bmp").write_bytes(bitmap[:-4] + row.to_bytes(4, "little"))
    write_manifest(
        folder / "data/manifest.parquet",
        Manifest(
            ids=tuple(f"row-{row}" for row in range(ROWS)),
            images=tuple(f"{row}.bmp" for row in range(ROWS)),
            texts=tuple(f"picture number {row}" for row in range(ROWS)),
            labels=tuple((f"class {row % 81}",) for row in range(ROWS)),
            splits=tuple("train" if row % 3 else "test" for row in range(ROWS)),
        ),
    )
    yaml = YAML()
    params = yaml.load(ROOT / "params.yaml")
    params["data"]["root"] = "pictures"
    params["clip"]["weights"] = "encoder"
    yaml.dump(params, folder / "params.yaml")


if __name__ == "__main__":
    for _ in rows():
        pass
