"""Rows of unit norm, of which features of any norm can be made."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xshot.errors import UserError
from xshot.store.features import NORM_TOLERANCE

Matrix = NDArray[np.float32]

_ROUNDING = 1e-6
"""How far float32 rows that were scaled to unit norm may be from it."""


def unit_rows(features: NDArray[Any], what: str, notices: list[str]) -> Matrix:
    """Scale each row of (N, D) features to unit norm; a row that has it keeps its bits.

    Args:
        features: of any norm.
        what: their name, for messages.
        notices: where is added how many rows were of another norm.

    Raises:
        UserError: a row is zero or not finite, or there is one dimension only.
    """
    if features.shape[1] < 2:
        raise UserError(
            f"{what}: dimensions: {features.shape[1]}, but rows of unit norm need two at least"
        )
    with np.errstate(over="ignore"):  # beyond float64 a row is not finite
        norms = np.linalg.norm(features.astype(np.float64), axis=1)
    bad = np.flatnonzero(~(np.isfinite(norms) & (norms > 0)))
    if bad.size:
        raise UserError(
            f"{what}: row {bad[0] + 1} is zero or not finite; leave it out or make it anew"
        )
    changed = int((np.abs(norms - 1) >= NORM_TOLERANCE).sum())
    if changed:
        notices.append(f"{what}: {changed} of {len(norms)} rows scaled to unit norm")
    norms[np.abs(norms - 1) < _ROUNDING] = 1
    unit: Matrix = np.ascontiguousarray(features / norms[:, None], np.float32)
    return unit
