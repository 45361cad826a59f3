"""Features drawn from a mixture that is fitted to this checkout's data set, as many as are wanted.

One Gaussian a class, with one covariance of all (of images and of texts each), shrunk a little;
rows of unit norm. Rows are drawn block by block, each block by a seed of its own, so that they need
be neither in memory nor on the disk. And a model that has yet to learn some classes of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from xshot.lance_store.sources import Part, digest
from xshot.projector.classifiers import with_classifiers
from xshot.projector.embedder import Embedder
from xshot.search.space import BLOCK_ROWS
from xshot.search.table import Told
from xshot.store.features import read_encoder, read_features
from xshot.store.manifest import read_manifest

FEATURES, MANIFEST = Path("data/features.h5"), Path("data/manifest.parquet")
SHRINKAGE = 0.1


@dataclass(frozen=True)
class Mixture:
    """Classes of one modality.

    Attributes:
        names: C classes.
        means: (C, D).
        root: (D, D) of the covariance.
    """

    names: tuple[str, ...]
    means: np.ndarray
    root: np.ndarray

    def draw(self, classes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """(N, D) a row of each class (N,)."""
        noise = rng.standard_normal((len(classes), len(self.root)), np.float32)
        rows = self.means[classes] + noise @ self.root.T
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def fitted() -> tuple[Mixture, Mixture]:
    """Of this checkout's images and of its texts."""
    features, manifest = read_features(FEATURES), read_manifest(MANIFEST)
    labels = dict(zip(manifest.ids, manifest.labels, strict=True))
    names = tuple(sorted({name for own in labels.values() for name in own}))
    member = np.array([[name in labels[one] for name in names] for one in features.ids])
    image, text = (_fit(names, rows, member) for rows in (features.image, features.text))
    return image, text


def _fit(names: tuple[str, ...], rows: np.ndarray, member: np.ndarray) -> Mixture:
    means = np.stack([rows[own].mean(axis=0) for own in member.T])
    residuals = np.concatenate(
        [rows[own] - mean for own, mean in zip(member.T, means, strict=True)]
    )
    covariance = np.cov(residuals.T)
    isotropic = np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    root = np.linalg.cholesky((1 - SHRINKAGE) * covariance + SHRINKAGE * isotropic)
    return Mixture(names, means.astype(np.float32), root.astype(np.float32))


@dataclass(frozen=True)
class DrawnSource:
    """`size` images of all classes alike, for a table."""

    mixture: Mixture
    size: int
    encoder_fingerprint: str
    columns: Sequence[str] = ("labels",)
    root: Path = Path("/nowhere")

    @property
    def dimensions(self) -> int:
        """D of a feature."""
        return len(self.mixture.root)

    def __len__(self) -> int:
        return self.size

    def blocks(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Classes (N,) and features (N, D)."""
        for start in range(0, self.size, BLOCK_ROWS):
            rng = np.random.default_rng([1, start])
            count = min(BLOCK_ROWS, self.size - start)
            classes = rng.integers(len(self.mixture.names), size=count)
            yield classes, self.mixture.draw(classes, rng)

    def parts(self) -> Iterator[Part]:
        """The rows."""
        start = 0
        for classes, rows in self.blocks():
            names = [f"{one % 1000:03d}/{one}.jpg" for one in range(start, start + len(rows))]
            told = [
                Told(name, "", (self.mixture.names[own],))
                for name, own in zip(names, classes, strict=True)
            ]
            yield Part(list(map(digest, names)), told, lambda places, rows=rows: rows[places])
            start += len(rows)


def source(size: int) -> tuple[DrawnSource, Mixture]:
    """Images for a table, and the mixture of the texts that ask."""
    image, text = fitted()
    return DrawnSource(image, size, read_encoder(FEATURES).fingerprint), text


def without(embedder: Embedder, classes: Sequence[int]) -> Embedder:
    """A model as if it knew nothing of some of its classes, but for what it was trained on."""
    sides = []
    assert embedder.coordinates is not None
    for side in embedder.coordinates:
        known = side.evidence
        count = len(known.prompts)
        shares = np.delete(known.shares, classes, 1)
        kept = shares.sum(axis=1) > 0
        kept[np.asarray(classes) - count] = False  # their means, which stand last
        evidence = replace(
            known,
            prompts=np.delete(known.prompts, classes, 0),
            members=known.members[kept],
            shares=shares[kept],
            prototypes=np.delete(known.prototypes, classes, 0),
        )
        sides.append(evidence)
    is_target = np.delete(embedder.coordinates[0].is_target, classes)
    image, text = (
        replace(side, evidence=evidence, is_target=is_target)
        for side, evidence in zip(embedder.coordinates, with_classifiers(*sides), strict=True)
    )
    return replace(embedder, coordinates=(image, text))
