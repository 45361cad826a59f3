"""Makes drawings.npz: all rows of some classes of data/features.h5, as `make demo` leaves it.

Features of OpenMoji's drawings (CC BY-SA 4.0) and of their captions, as float16: half the size, and
no ranking is other for it.
"""

from pathlib import Path

import numpy as np

from xshot.store.features import read_class_features, read_features
from xshot.store.manifest import read_manifest

CLASSES = (
    "Asian food",
    "aircraft",
    "arrow",
    "bird",
    "dessert",
    "drink",
    "flower",
    "fruit",
    "insect",
    "mail",
    "musical instrument",
    "sea animal",
    "vegetable",
    "zodiac sign",
)


def main() -> None:
    """Write docs/examples/drawings.npz."""
    manifest = read_manifest(Path("data/manifest.parquet"))
    rows = [row for row, labels in enumerate(manifest.labels) if labels[0] in CLASSES]
    features = read_features(Path("data/features.h5"), [manifest.ids[row] for row in rows])
    classes = read_class_features(Path("data/features.h5"))
    prompts = classes.features[[classes.names.index(name) for name in CLASSES]]
    np.savez_compressed(
        "docs/examples/drawings.npz",
        image=features.image.astype(np.float16),
        text=features.text.astype(np.float16),
        labels=[manifest.labels[row][0] for row in rows],
        split=[manifest.splits[row] for row in rows],
        captions=[manifest.texts[row] for row in rows],
        class_features=prompts.astype(np.float16),
        class_names=CLASSES,
    )


if __name__ == "__main__":
    main()
