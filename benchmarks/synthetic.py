"""Features of made-up classes, of any number, size and dimension, as `extract` would leave them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from ruamel.yaml import YAML

from benchmarks.scratch import ROOT
from xshot.store.features import ClassFeatures, EncoderRecord, Features, write_features
from xshot.store.manifest import Manifest, write_manifest

_BLOCK = 4096
_TEST_EVERY = 5


@dataclass(frozen=True)
class Shape:
    """A data set's numbers.

    Attributes:
        rows: pictures, every fifth of a class for testing.
        dimensions: of a feature.
        classes: the most frequent is `rows ** -skew` times as rare as the first.
        skew: 1 as in NUS-WIDE, whose most frequent concept is a hundred times the rarest.
        labels: at most so many a picture.
        texts: so many a picture, each of them a pair.
    """

    rows: int
    dimensions: int
    classes: int
    skew: float = 0.3
    labels: int = 1
    texts: int = 1


def write_inputs(shape: Shape, folder: Path) -> None:
    """Write the manifest and the features of a folder."""
    rng = np.random.default_rng(0)
    names = tuple(f"concept {number:04d}" for number in range(shape.classes))
    drawn = _draw_classes(shape, rng)
    centres = rng.standard_normal((shape.classes, shape.dimensions), np.float32)
    gaps = 2 * rng.standard_normal((2, shape.dimensions), np.float32)
    of_pair = np.repeat(np.arange(shape.rows), shape.texts)
    image = _draw_features(centres, drawn, gaps[0], rng)[of_pair]
    text = _draw_features(centres, drawn[of_pair], gaps[1], rng)
    labels = [tuple(names[c] for c in sorted(set(row))) for row in drawn.tolist()]
    splits = np.where(_is_test(drawn[:, 0]), "test", "train")
    ids = tuple(f"row-{number:06d}" for number in range(len(of_pair)))
    manifest = Manifest(
        ids=ids,
        images=tuple(f"{picture}.jpg" for picture in of_pair),
        texts=tuple(
            f"{row}: {' and '.join(labels[picture])}"
            for row, picture in zip(ids, of_pair, strict=True)
        ),
        labels=tuple(labels[picture] for picture in of_pair),
        splits=tuple(splits[of_pair].tolist()),
    )
    write_manifest(folder / "data/manifest.parquet", manifest)
    write_features(
        folder / "data/features.h5",
        Features(ids, image, text),
        ClassFeatures(names, _unit(centres + gaps[1])),
        EncoderRecord("synthetic", {"precision": "float32"}, ("{}",)),
    )


def write_params(folder: Path, **values: object) -> None:
    """The shipped params for data without pictures, some changed, keys named `section__key`."""
    yaml = YAML()
    params = yaml.load(ROOT / "params.yaml")
    params["data"] |= {"name": "manifest", "root": "pictures"}
    for name, value in values.items():
        *sections, key = name.split("__")
        node = params
        for section in sections:
            node = node[section]
        node[key] = value
    yaml.dump(params, folder / "params.yaml")


def _draw_classes(shape: Shape, rng: np.random.Generator) -> NDArray[np.int64]:
    """(N, labels) classes of each row, some of them the same; every class has rows."""
    shares = np.arange(1, shape.classes + 1) ** -shape.skew
    drawn = rng.choice(shape.classes, size=(shape.rows, shape.labels), p=shares / shares.sum())
    drawn[:, 1:] = np.where(rng.random((shape.rows, 1)) < 0.4, drawn[:, 1:], drawn[:, :1])
    # Enough of each for a support and a test, whatever the draw.
    least = min(shape.rows // shape.classes, 2 * _TEST_EVERY)
    drawn[: shape.classes * least] = np.tile(np.arange(shape.classes), least)[:, None]
    return drawn


def _draw_features(
    centres: NDArray[np.float32],
    drawn: NDArray[np.int64],
    gap: NDArray[np.float32],
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """(N, D) unit features around the mean of each row's classes, all of them shifted by a gap."""
    features = np.empty((len(drawn), len(gap)), np.float32)
    for start in range(0, len(drawn), _BLOCK):
        block = slice(start, start + _BLOCK)
        own = centres[drawn[block]].mean(axis=1)
        features[block] = _unit(own + gap + 2 * rng.standard_normal(own.shape, np.float32))
    return features


def _is_test(classes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Every fifth row of each class."""
    order = np.argsort(classes, kind="stable")
    starts = np.searchsorted(classes[order], classes[order])
    place = np.empty(len(classes), np.int64)
    place[order] = np.arange(len(classes)) - starts
    return place % _TEST_EVERY == 0


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit
