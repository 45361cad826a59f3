"""Peak memory of `extract` over a manifest of generated pictures: flat, however many there are.

`python -m benchmarks.bench_extract ROWS` (20000, then 200000: a few minutes each).
"""

import os
import subprocess
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from ruamel.yaml import YAML

from tests.encoder.folders import VIT, write_folder
from xshot.store.manifest import Manifest, write_manifest

ROOT = Path(__file__).parents[1]
SIZE = 32
# The process's own high-water mark: getrusage would count what its parent held when it forked.
CHILD = """
import pathlib, runpy
runpy.run_module("pipeline.extract", run_name="__main__")
print(pathlib.Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
"""
# So small that features and rows, not the model, are what memory goes to.
TOWERS = {
    **VIT,
    "embed_dim": 64,
    "vision_cfg": {**VIT["vision_cfg"], "layers": 1},
    "text_cfg": {**VIT["text_cfg"], "layers": 1},
}


def make_folder(folder: Path, rows: int) -> None:
    """Params, manifest, pictures (each its own) and an encoder with random weights."""
    write_folder(folder / "encoder", TOWERS)
    rng = np.random.default_rng(0)
    buffer = BytesIO()
    Image.fromarray(rng.integers(0, 255, (SIZE, SIZE, 3), np.uint8)).save(buffer, "BMP")
    bitmap = bytearray(buffer.getvalue())
    for row in range(rows):
        path = folder / "pictures" / f"{row // 1000}" / f"{row}.bmp"
        path.parent.mkdir(parents=True, exist_ok=True)
        bitmap[-4:] = row.to_bytes(4, "little")
        path.write_bytes(bitmap)
    write_manifest(
        folder / "data" / "manifest.parquet",
        Manifest(
            ids=tuple(f"row-{row}" for row in range(rows)),
            images=tuple(f"{row // 1000}/{row}.bmp" for row in range(rows)),
            texts=tuple(f"picture number {row}" for row in range(rows)),
            labels=tuple((f"class {row % 81}",) for row in range(rows)),
            splits=tuple("train" if row % 3 else "test" for row in range(rows)),
        ),
    )
    yaml = YAML()
    params = yaml.load(ROOT / "params.yaml")
    params["data"]["root"] = "pictures"
    params["clip"].update(weights="encoder", precision="float32")
    params["device"] = "cpu"
    yaml.dump(params, folder / "params.yaml")


def extract(folder: Path) -> tuple[float, float]:
    """Seconds and peak resident memory in MiB of one run."""
    path = f"{ROOT / 'src'}{os.pathsep}{ROOT}"
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        check=True,
    )
    return time.monotonic() - start, int(done.stdout.split()[-1]) / 1024


def main() -> None:
    """Print one line for a cold run and one for a warm run."""
    rows = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        make_folder(Path(name), rows)
        for kind in ("cold", "warm"):
            seconds, mebibytes = extract(Path(name))
            print(f"{rows} rows, {kind}: {seconds:.0f} s, peak {mebibytes:.0f} MiB")


if __name__ == "__main__":
    main()
