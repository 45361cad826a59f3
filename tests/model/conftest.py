from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import xshot
from tests.support.stage import CLASSES, make_features, make_manifest

SMALL: dict[str, Any] = {
    "select": {"steps": [4], "gate": [1], "centring": [0, 1], "calibration": [0, 1]},
    "gmm": {"max_components": 2, "min_members": 4},
    "vaegan": {"steps": 3, "hidden": 16, "latent_dim": 4},
    "synthesize": {"pairs_per_class": 4},
    "projector": {"hidden": 16},
}
"""Settings with which a fit is a matter of a second."""


@dataclass(frozen=True)
class Arrays:
    """Pairs of six classes, the last two of them target: 8 training and 3 test rows each."""

    images: np.ndarray
    texts: np.ndarray
    labels: np.ndarray
    split: np.ndarray
    class_features: np.ndarray

    class_names: tuple[str, ...] = CLASSES
    target: tuple[str, ...] = CLASSES[-2:]

    def rows(self, split):
        """Images, texts and labels of one part."""
        own = self.split == split
        return self.images[own], self.texts[own], self.labels[own]

    @property
    def classes(self):
        """The arguments of `fit` that are about classes."""
        return {
            "class_features": self.class_features,
            "class_names": self.class_names,
            "target": self.target,
        }


@pytest.fixture(scope="session")
def arrays():
    manifest = make_manifest()
    features, classes = make_features(manifest)
    labels = np.array([name for (name,) in manifest.labels])
    split = np.array(manifest.splits)
    return Arrays(features.image, features.text, labels, split, classes.features)


@pytest.fixture(scope="session")
def model(arrays):
    return xshot.fit(*arrays.rows("train"), **arrays.classes, **SMALL)
