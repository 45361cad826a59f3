"""The pipeline from `episode` to `evaluate` at the size of NUS-WIDE, one process per stage.

`python -m benchmarks.scale [ROWS [TEXTS]]`: 270,000 pairs of 512 dimensions, 81 classes, several
labels a row, 10% test, in a temporary folder; `params.yaml` as shipped, but with one cell for
`select`. TEXTS rows in turn show one picture (1). Flickr30k has 155000 rows of 5.
Prints seconds (wall and user CPU) and the most memory resident at once of every step.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.scratch import ROOT, environment
from tests.support.closure import STAGES

ROWS, DIMENSIONS, CLASSES, TEST_SHARE = 270_000, 512, 81, 0.1


def write(rows: int, texts: int) -> None:
    """Make params, manifest and features in the working directory; `texts` rows a picture."""
    import numpy as np

    from xshot.store.features import ClassFeatures, EncoderRecord, Features, write_features
    from xshot.store.manifest import Manifest, write_manifest

    rng = np.random.default_rng(0)
    names = tuple(f"concept {number:02d}" for number in range(CLASSES))
    centres = rng.standard_normal((CLASSES, DIMENSIONS), np.float32)
    # As in NUS-WIDE the most frequent concept is about a hundred times as frequent as the rarest.
    shares = 1 / np.arange(1, CLASSES + 1)
    shares /= shares.sum()
    sides = [np.empty((rows, DIMENSIONS), np.float32) for _ in range(2)]
    gaps = 2 * rng.standard_normal((2, DIMENSIONS), np.float32)
    labels: list[tuple[str, ...]] = []
    for start in range(0, rows, 4096):
        block = slice(start, min(rows, start + 4096))
        count = block.stop - start
        drawn = rng.choice(CLASSES, size=(count, 4), p=shares)
        drawn[:, 1:] = np.where(rng.random((count, 3)) < 0.4, drawn[:, 1:], drawn[:, :1])
        labels += [tuple(names[c] for c in sorted(set(row))) for row in drawn.tolist()]
        own = centres[drawn].mean(axis=1)
        for side, gap in zip(sides, gaps, strict=True):
            noisy = own + gap + 2 * rng.standard_normal(own.shape, np.float32)
            side[block] = noisy / np.linalg.norm(noisy, axis=1, keepdims=True)
    ids = tuple(f"row-{number:06d}" for number in range(rows))
    splits = np.where(rng.random(rows) < TEST_SHARE, "test", "train").tolist()
    first = [number - number % texts for number in range(rows)]  # that shows the row's picture
    sides[0] = sides[0][first]
    manifest = Manifest(
        ids=ids,
        images=tuple(f"{ids[row]}.jpg" for row in first),
        texts=tuple(map(" and ".join, labels)),
        labels=tuple(labels[row] for row in first),
        splits=tuple(splits[row] for row in first),
    )
    write_manifest(Path("data/manifest.parquet"), manifest)
    prompts = centres + gaps[1]
    prompts /= np.linalg.norm(prompts, axis=1, keepdims=True)
    write_features(
        Path("data/features.h5"),
        Features(ids, *sides),
        ClassFeatures(names, prompts),
        EncoderRecord("synthetic", {"precision": "float32"}, ("{}",)),
    )


def read() -> None:
    """Open and check all of it."""
    from xshot.store.features import read_class_features, read_features
    from xshot.store.manifest import read_manifest

    read_features(Path("data/features.h5"))
    read_class_features(Path("data/features.h5"))
    read_manifest(Path("data/manifest.parquet"))


def write_params(folder: Path) -> None:
    """The shipped params with one cell for `select` and no pictures."""
    from ruamel.yaml import YAML

    yaml = YAML()
    params = yaml.load(ROOT / "params.yaml")
    params["data"] |= {"name": "manifest", "root": "pictures"}
    params["select"] |= {"steps": [200], "calibration": [0.5]}
    yaml.dump(params, folder / "params.yaml")


def measure(name: str, command: list[str], folder: Path) -> tuple[float, float]:
    """Run a step and print a line; its wall seconds and its GiB.

    Raises:
        SystemExit: the step failed.
    """
    start = time.perf_counter()
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # progress
        os.execve(sys.executable, [sys.executable, *command], environment(ROOT))
    _, status, usage = os.wait4(child, 0)
    wall, gib = time.perf_counter() - start, usage.ru_maxrss / 2**20
    if status:
        sys.exit(f"{name} failed")
    print(f"{name:16} {wall:8.1f} s wall {usage.ru_utime:8.1f} s user {gib:6.2f} GiB", flush=True)
    return wall, gib


def main(rows: int, texts: int) -> None:
    """All steps in turn, then the sums that README states."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_params(folder)
        this = ["-m", "benchmarks.scale"]
        measure("write", [*this, "write", str(rows), str(texts)], folder)
        measure("read", [*this, "read"], folder)
        stages = STAGES[STAGES.index("episode") :]
        steps = [measure(stage, ["-m", f"pipeline.{stage}"], folder) for stage in stages]
        wall, peak = sum(step[0] for step in steps), max(step[1] for step in steps)
        print(f"episode to evaluate: {wall / 60:.1f} minutes, at most {peak:.2f} GiB")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write", rows, texts]:
            write(int(rows), int(texts))
        case ["read"]:
            read()
        case [rows]:
            main(int(rows), 1)
        case [rows, texts]:
            main(int(rows), int(texts))
        case _:
            main(ROWS, 1)
