"""`mixture.h5`: the mixtures of both modalities.

    /image/{mean,axes,weights,means,variances}    /text/{the same}    as in `Mixture`, float64

A file without groups is valid: the variant uses no mixture. Root attributes: `schema_version`,
`source_hash` (of the rows learned from).
"""

from dataclasses import fields
from pathlib import Path

import h5py
import numpy as np

from xshot.mixture.mixture import Mixture, Mixtures
from xshot.store.hdf5 import create_table, open_table, write_matrix

SCHEMA_VERSION = 1
_REMEDY = "re-run `dvc repro fit_gmm`"


def write_mixtures(path: Path, mixtures: Mixtures | None, source_hash: str) -> None:
    """Write mixtures, or none, atomically; equal input gives equal bytes."""
    with create_table(path, SCHEMA_VERSION) as file:
        file.attrs["source_hash"] = source_hash
        for modality in fields(Mixtures) if mixtures else ():
            mixture = getattr(mixtures, modality.name)
            for part in fields(Mixture):
                write_matrix(file, f"{modality.name}/{part.name}", getattr(mixture, part.name))


def read_mixtures(path: Path) -> Mixtures | None:
    """Read what `write_mixtures` wrote.

    Raises:
        UserError: absent, truncated or of another schema.
    """
    with open_table(path, SCHEMA_VERSION, remedy=_REMEDY) as file:
        if not len(file):
            return None
        return Mixtures(*(_read_mixture(file[modality.name]) for modality in fields(Mixtures)))


def read_source_hash(path: Path) -> str:
    """Hash of the rows that the mixtures were fitted to; empty without mixtures.

    Raises:
        UserError: absent, truncated or of another schema.
    """
    with open_table(path, SCHEMA_VERSION, remedy=_REMEDY) as file:
        return str(file.attrs["source_hash"])


def _read_mixture(group: h5py.Group) -> Mixture:
    mixture = Mixture(**{part.name: group[part.name][:] for part in fields(Mixture)})
    (n_dimensions, n_axes), n_components = mixture.axes.shape, len(mixture.weights)
    shapes = {
        "mean": (n_dimensions,),
        "axes": (n_dimensions, n_axes),
        "weights": (n_components,),
        "means": (n_components, n_axes),
        "variances": (n_components, n_axes),
    }
    for name, shape in shapes.items():
        part = getattr(mixture, name)
        if part.shape != shape or not np.isfinite(part).all():
            raise ValueError(f"{group.name}/{name}")
    if not ((mixture.weights >= 0).all() and (mixture.variances > 0).all()):
        raise ValueError(f"{group.name}: weights or variances out of range")
    return mixture
