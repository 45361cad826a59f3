"""What .npz, .mat and .h5 files hold, as arrays of numbers or strings by name.

Structs and groups become `struct/field`, sparse matrices dense ones, cells of equal arrays one
array.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.io import loadmat

from xshot.errors import UserError
from xshot.imports.hdf5 import read_tree
from xshot.imports.left_out import LeftOut
from xshot.store.hdf5 import explain_hdf5

_NUMBERS_OR_TEXT = "biufU"
_LARGEST_DENSE = 8 << 30
"""Bytes of a sparse matrix as a dense one."""

_SCIPY = [
    {"format", "shape", "data", *own}
    for own in (("indices", "indptr"), ("row", "col"), ("offsets",))
]
"""What `scipy.sparse.save_npz` names its arrays, by format."""


def read_container(path: Path) -> tuple[dict[str, NDArray[Any]], list[str]]:
    """The arrays by name, and the names of what is left out with the reasons.

    Raises:
        UserError: an HDF5 file that is in use or cannot be opened.
    """
    arrays: dict[str, NDArray[Any]] = {}
    left_out = []
    for name, value in _flat("", _content(path)):
        found = _as_array(value)
        if isinstance(found, LeftOut):
            left_out.append(f"{name} ({found})")
        elif not found.size:
            left_out.append(f"{name} (empty)")
        else:
            arrays[name] = found
    return arrays, left_out


def _content(path: Path) -> dict[str, Any]:
    if path.suffix.lower() == ".npz":
        return _from_npz(path)
    if not h5py.is_hdf5(path) and path.suffix.lower() == ".mat":
        found: dict[str, Any] = loadmat(path, simplify_cells=True)
        return {name: value for name, value in found.items() if name[:2] != "__"}
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise UserError(f"{path}: {explain_hdf5(error, 'write it anew')}") from None
    with file:
        return read_tree(file, matlab=path.suffix.lower() == ".mat")


def _from_npz(path: Path) -> dict[str, Any]:
    """Arrays of objects are left out: only unpickling, which may run code, would open them."""
    found: dict[str, Any] = {}
    with np.load(path, allow_pickle=False) as file:
        if set(file.files) in _SCIPY:
            return {path.stem: sparse.load_npz(path)}
        for name in file.files:
            try:
                found[name] = file[name]
            except ValueError as error:
                if not str(error).startswith("Object arrays cannot be loaded"):
                    raise
                found[name] = LeftOut("Python objects; save it with .astype(str) or as numbers")
    return found


def _flat(prefix: str, tree: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The leaves of a tree of structs, by their paths."""
    for name, value in tree.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict):
            yield from _flat(f"{path}/", value)
        else:
            yield path, value


def _as_array(value: Any) -> NDArray[Any] | LeftOut:
    """As an array of numbers or of `str`."""
    if isinstance(value, LeftOut):
        return value
    if sparse.issparse(value):
        size = value.dtype.itemsize * int(np.prod(value.shape, dtype=object))
        if size > _LARGEST_DENSE:
            return LeftOut(f"sparse, of {size >> 30} GiB as a dense matrix")
        value = value.toarray()
    try:
        array = np.asarray(value)
    except ValueError:  # lists of differing lengths
        return LeftOut("neither numbers nor strings")
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8", "replace")
    if array.dtype.kind == "O":
        array = _of_objects(array)
    if array.dtype.kind == "V" and array.dtype.names:
        return LeftOut("a table of several columns; save each column as an array")
    if array.dtype.kind not in _NUMBERS_OR_TEXT:
        return LeftOut("neither numbers nor strings")
    return array


def _of_objects(array: NDArray[Any]) -> NDArray[Any]:
    """Cells of strings as strings, cells of equal arrays as one array; others as they are."""
    # MATLAB's empty string is an empty array.
    items = [_plain(item) for item in array.ravel()]
    if all(isinstance(item, str) for item in items):
        return np.array(items, str).reshape(array.shape)
    numbers = [np.asarray(item) for item in items if not isinstance(item, str | dict)]
    if len(numbers) < len(items) or len({part.shape for part in numbers}) != 1:
        return array
    if any(part.dtype.kind not in "biuf" for part in numbers):
        return array
    whole = np.stack(numbers)
    return whole.reshape(*array.shape, *whole.shape[1:]).squeeze() if whole.ndim > 1 else whole


def _plain(item: Any) -> Any:
    if isinstance(item, bytes):
        return item.decode("utf-8", "replace")
    if not isinstance(item, str | dict) and np.size(item) == 0:
        return ""
    return item
