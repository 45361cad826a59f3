"""What .npz, .npy, .mat and .h5 files hold, as arrays of numbers or strings by name.

Structs, arrays of structs and groups become `struct/field`, sparse matrices dense ones, cells of
equal arrays one array.
"""

from collections.abc import Callable, Iterator
from functools import partial
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
from xshot.reading import decoded, explain_damage, unfinished
from xshot.store.hdf5 import explain_hdf5

_HEAD = 8
_GZIP, _ZIP, _NUMPY = b"\x1f\x8b", b"PK\x03\x04", b"\x93NUMPY"
"""How files start."""
_PICKLE = 0x80
_PICKLED = "Python objects, which may run code as they are read; save arrays with numpy.savez"
_OPAQUE = ("s0", "s1", "s2", "arr")
"""Fields of what SciPy makes of MATLAB's own classes."""
_NUMBERS_OR_TEXT = "biufU"
_MATRIX = 2
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
        UserError: it cannot be opened, or is damaged.
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
    """Read by what it is; its suffix counts where its first bytes do not say."""
    suffix = path.suffix.lower()
    with path.open("rb") as file:
        start = file.read(_HEAD)
    if start.startswith(_GZIP):
        raise UserError(f"{path}: compressed by gzip; unpack it")
    if start.startswith((_ZIP, _NUMPY)):
        return _read(path, _from_numpy)
    if not h5py.is_hdf5(path) and suffix == ".mat":
        return _read(path, _from_mat)
    if not h5py.is_hdf5(path) and suffix in (".npz", ".npy"):
        raise UserError(f"{path}: {_no_numpy(start)}")
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise UserError(f"{path}: {explain_hdf5(error, 'write it anew')}") from None
    with file:
        return read_tree(file, matlab=suffix == ".mat")


def _no_numpy(start: bytes) -> str:
    """Of a file that is called as NumPy's and is none."""
    if not start:
        return unfinished("write it anew")
    return _PICKLED if start[0] == _PICKLE else "no arrays of NumPy; write it anew"


def _read(path: Path, read: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    try:
        return read(path)
    except UserError:
        raise
    # NumPy's and SciPy's readers raise whatever they trip over.
    except Exception as error:
        told = explain_damage(error, "write it anew", "cannot be read")
        raise UserError(f"{path}: {told}") from None


def _from_mat(path: Path) -> dict[str, Any]:
    found = loadmat(path, simplify_cells=True)
    return {name: value for name, value in found.items() if name[:2] != "__"}


def _from_numpy(path: Path) -> dict[str, Any]:
    """An archive's arrays by name; an array alone is called as its file, whatever its suffix."""
    with path.open("rb") as start:
        if start.read(len(_NUMPY)) == _NUMPY:
            return {path.stem: _no_objects(lambda: np.load(path, allow_pickle=False))}
    with np.load(path, allow_pickle=False) as file:
        if any(name.endswith("data.pkl") for name in file.files):  # PyTorch's archives
            raise UserError(f"{path}: {_PICKLED}")
        if set(file.files) in _SCIPY:
            return {path.stem: sparse.load_npz(path)}
        return {name: _no_objects(partial(file.__getitem__, name)) for name in file.files}


def _no_objects(read: Callable[[], Any]) -> Any:
    """Arrays of objects are left out: only unpickling, which may run code, would open them."""
    try:
        return read()
    except ValueError as error:
        if not str(error).startswith("Object arrays cannot be loaded"):
            raise
        return LeftOut("Python objects; save it with .astype(str) or as numbers")


def _flat(prefix: str, tree: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The leaves of a tree of structs, by their paths."""
    for name, value in tree.items():
        path = f"{prefix}{name}"
        fields = _fields(value)
        if fields is None:
            yield path, value
        else:
            yield from _flat(f"{path}/", fields)


def _fields(value: Any) -> dict[str, Any] | None:
    """Of a struct its fields, of an array of structs a cell for each; None of all else."""
    if isinstance(value, dict):
        return value
    is_cell = isinstance(value, np.ndarray) and value.dtype.kind == "O"
    structs = [*(value.ravel() if is_cell else value)] if is_cell or type(value) is list else []
    if not structs or not all(
        type(one) is dict and one.keys() == structs[0].keys() for one in structs
    ):
        return None
    fields = {}
    for name in structs[0]:
        fields[name] = np.empty(len(structs), object)
        for place, struct in enumerate(structs):
            fields[name][place] = struct[name]
    return fields


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
        array = np.array([decoded(one) for one in array.ravel()], str).reshape(array.shape)
    if array.dtype.kind == "O":
        array = _of_objects(array)
    if told := _no_use(array):
        return LeftOut(told)
    if array.ndim > _MATRIX:  # such as N x 1 x D
        array = array.squeeze()
    if array.ndim > _MATRIX:
        return LeftOut(f"of {array.ndim} dimensions; save it as a matrix, a row a pair")
    return array


def _no_use(array: NDArray[Any]) -> str:
    """Why an array is neither numbers nor strings, and what to do; "" = it is."""
    if array.dtype.kind == "c" or array.dtype.names == ("real", "imag"):
        return "complex numbers; save their real and imaginary parts"
    if array.dtype.names == _OPAQUE:
        kind = decoded(bytes(array.ravel()[0]["s2"])) or "object"
        return f"MATLAB's {kind}; save it as numbers or a cell of characters"
    if array.dtype.kind == "V" and array.dtype.names:
        return "a table of several columns; save each column as an array"
    if array.dtype == "V2":  # what NumPy makes of a type that it lacks
        return "16 bits of no type, maybe bfloat16; save it as float32"
    return "" if array.dtype.kind in _NUMBERS_OR_TEXT else "neither numbers nor strings"


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
        return decoded(item)
    if not isinstance(item, str | dict) and np.size(item) == 0:
        return ""
    return item
