"""What people hand over, arrays of NumPy or torch or lists, as arrays of NumPy."""

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xshot.errors import UserError
from xshot.imports.unit import Matrix, unit_rows

ArrayLike = Any
"""An array of NumPy, a tensor of torch on any device, a sparse matrix of SciPy, or lists."""


def as_array(values: ArrayLike, what: str) -> NDArray[Any]:
    """`values` as an array of NumPy; tensors leave their graph and their device.

    Raises:
        UserError: rows of unlike lengths, values that are masked, or no array at all.
    """
    torch = sys.modules.get("torch")  # who has no torch has no tensor
    if torch is not None and isinstance(values, torch.Tensor):
        values = values.detach().cpu().to_dense()
        values = (values.float() if values.dtype == torch.bfloat16 else values).numpy()
    try:
        array = np.asarray(values.toarray() if hasattr(values, "toarray") else values)
    except ValueError:
        raise UserError(f"{what}: rows of unlike lengths; give an array") from None
    if not array.ndim:
        raise UserError(f"{what}: expected an array, found {type(values).__name__}")
    if masked := int(np.ma.getmaskarray(values).sum()) if np.ma.isMaskedArray(values) else 0:
        raise UserError(f"{what}: {masked} values are masked; fill them or leave out their rows")
    return _as_text(array)


def is_gap(value: Any) -> bool:
    """Whether a cell holds nothing: None, NaN or pandas' NA."""
    if isinstance(value, float | np.floating):
        return bool(value != value)
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def _as_text(array: NDArray[Any]) -> NDArray[Any]:
    """Bytes, as HDF5 gives strings, as text; all else as it is."""
    if array.dtype.kind == "S":
        return np.char.decode(array, "utf-8", "replace")
    if array.dtype.kind == "O" and any(isinstance(one, bytes) for one in array.ravel()):
        texts = array.copy()
        for place, one in enumerate(texts.flat):
            if isinstance(one, bytes):
                texts.flat[place] = one.decode("utf-8", "replace")
        return texts
    return array


def _as_numbers(array: NDArray[Any]) -> NDArray[Any]:
    """A matrix where rows are objects, as in a column of embeddings of pandas'; else as it is."""
    if array.dtype.kind != "O":
        return array
    try:
        return np.array(array.tolist(), np.float64)
    except (ValueError, TypeError):
        return array


def feature_rows(
    values: ArrayLike, what: str, notices: list[str], *, dimensions: int | None = None
) -> Matrix:
    """(N, D) features of any norm as float32 of unit norm; rows that have it keep their bits.

    Args:
        values: the features.
        what: their name, for messages.
        notices: where is added how many rows were of another norm.
        dimensions: D, where that is known.

    Raises:
        UserError: another shape or type, no row, or a row that is zero or not finite.
    """
    array = _as_numbers(as_array(values, what))
    if array.ndim != 2 or array.dtype.kind not in "fiu":
        raise UserError(
            f"{what}: expected numbers of shape (rows, dimensions), found {array.dtype} of shape "
            f"{array.shape}"
        )
    if dimensions not in (None, array.shape[1]):
        raise UserError(
            f"{what}: {array.shape[1]} dimensions where {dimensions} are expected; all features "
            "must come from one encoder"
        )
    if 0 in array.shape:
        raise UserError(f"{what}: empty, of shape {array.shape}; give a row at least")
    return unit_rows(array, what, notices)
