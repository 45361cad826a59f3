"""What stands for the encoder of features that came as arrays: the features themselves."""

from xshot.store.features import IMPORTED, ClassFeatures, Features
from xshot.store.hashing import rows_hash


def fingerprint_of(features: Features, classes: ClassFeatures) -> str:
    """An encoder's fingerprint, equal for the same rows and classes alone."""
    names = (*features.ids, *classes.names)
    return IMPORTED + rows_hash(names, features.image, classes.features)
