"""Pieces of a manifest, and what an extraction has left."""

import numpy as np

from xshot.encoder.cache import FeatureCache
from xshot.store.manifest import Manifest

N = 21
TEMPLATES = ("a picture of {}", "{}")
CLASSES = ["dog", "green cat", "line"]
LONG_AGO = (10**9, 10**9)


def rows(manifest, keep):
    """The manifest's rows `keep`, in that order."""
    columns = (manifest.ids, manifest.images, manifest.texts, manifest.labels, manifest.splits)
    return Manifest(*(tuple(column[row] for row in keep) for column in columns))


def cached(tmp_path, kind="image"):
    return len(FeatureCache(tmp_path / "cache" / "encoder" / kind))


def assert_same(a, b):
    np.testing.assert_array_equal(a.features.image, b.features.image)
    np.testing.assert_array_equal(a.features.text, b.features.text)
    np.testing.assert_array_equal(a.classes.features, b.classes.features)
    assert (a.features.ids, a.classes.names) == (b.features.ids, b.classes.names)
    assert a.rejected == b.rejected
