"""What the stages after `extract` read: real files, few rows, random features."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xshot.store.features import ClassFeatures, EncoderRecord, Features, write_features
from xshot.store.manifest import Manifest

ROOT = Path(__file__).parents[2]
CLASSES = tuple(f"class{number}" for number in range(6))
N_TRAIN, N_TEST, DIMENSIONS = 8, 3, 16


def make_manifest() -> Manifest:
    """Six classes of 8 training and 3 test rows."""
    rows = [
        (f"{name}-{split}-{row}", name, split)
        for name in CLASSES
        for split, count in (("train", N_TRAIN), ("test", N_TEST))
        for row in range(count)
    ]
    return Manifest(
        ids=tuple(row for row, _, _ in rows),
        images=tuple(f"{row}.png" for row, _, _ in rows),
        texts=tuple(f"a {name}" for _, name, _ in rows),
        labels=tuple((name,) for _, name, _ in rows),
        splits=tuple(split for _, _, split in rows),
    )


def make_features(manifest: Manifest) -> tuple[Features, ClassFeatures]:
    """Each class around a direction of its own; images and texts differ by noise."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(len(CLASSES), DIMENSIONS))
    own = centres[[CLASSES.index(name) for (name,) in manifest.labels]]
    image, text = (_unit(own + rng.normal(size=own.shape)) for _ in range(2))
    return Features(manifest.ids, image, text), ClassFeatures(CLASSES, _unit(centres))


def write_all_features(features: Features, classes: ClassFeatures) -> None:
    """Write data/features.h5 of the working directory."""
    encoder = EncoderRecord("fingerprint", {"precision": "float32"}, ("{}",))
    write_features(Path("data/features.h5"), features, classes, encoder)


def run_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the working directory, with this repository's source."""
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float32]:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
