"""The arrays of .npz, .mat and .h5 files by name, whatever wrote them."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from xshot.errors import UserError
from xshot.imports.matlab import read_matlab

Arrays = dict[str, NDArray[Any]]
"""By name; strings as arrays of `str`."""

SUFFIXES = (".npz", ".mat", ".h5", ".hdf5")


def read_arrays(path: Path) -> Arrays:
    """All arrays of a file; what is neither numbers nor strings is left out.

    Raises:
        UserError: absent, of another kind, or damaged.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UserError(f"{path}: expected one of {', '.join(SUFFIXES)}")
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    try:
        if suffix == ".npz":
            with np.load(path, allow_pickle=False) as file:
                found = {name: file[name] for name in file.files}
        elif h5py.is_hdf5(path):
            found = _from_hdf5(path, matlab=suffix == ".mat")
        else:
            found = read_matlab(path)
    # The formats' readers raise whatever they trip over.
    except Exception as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise UserError(f"{path}: cannot be read ({reason}); write it anew") from None
    arrays = {name: _plain(value) for name, value in found.items()}
    return {name: array for name, array in arrays.items() if array.dtype.kind in "biufU"}


def _from_hdf5(path: Path, *, matlab: bool) -> dict[str, Any]:
    """Datasets by their whole path; MATLAB's own are stored with their axes reversed."""
    found: dict[str, Any] = {}

    def visit(name: str, item: Any) -> None:
        if not isinstance(item, h5py.Dataset) or name.startswith("#refs#"):
            return
        if h5py.check_string_dtype(item.dtype):
            found[name] = item.asstr()[()]
        elif item.dtype == h5py.ref_dtype:
            found[name] = [_characters(item.file[ref]) for ref in item[()].ravel()]
        else:
            found[name] = item[()].T if matlab else item[()]

    with h5py.File(path, "r") as file:
        file.visititems(visit)
    return found


def _characters(cell: h5py.Dataset) -> str:
    return "".join(map(chr, cell[()].ravel())) if cell.dtype == np.uint16 else ""


def _plain(value: Any) -> NDArray[Any]:
    """As an array; strings as an array of `str`."""
    array = np.asarray(value)
    if array.dtype.kind == "S":
        return np.char.decode(array, "utf-8", "replace")
    if array.dtype.kind == "O" and all(isinstance(item, str) for item in array.ravel()):
        return array.astype(str)
    return array
