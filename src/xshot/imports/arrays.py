"""The arrays of .npz, .mat and .h5 files by name, whatever wrote them.

A process of its own reads them: SciPy's and HDF5's readers trust the lengths in a file, and a
damaged one can crash them or keep them busy for ever.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat

from xshot.errors import UserError

Arrays = dict[str, NDArray[Any]]
"""By name; strings as arrays of `str`."""

SUFFIXES = (".npz", ".mat", ".h5", ".hdf5")

_NUMBERS_OR_TEXT = "biufU"
# No array of a file is called so: what begins like this is a reader's own.
_LEFT_OUT = "__left_out__"


def read_arrays(path: Path, left_out: list[str] | None = None, *, seconds: float = 600) -> Arrays:
    """All arrays of a file; what is neither numbers nor strings is left out.

    Args:
        path: the file.
        left_out: where the names of those left out are added.
        seconds: after which it counts as damaged.

    Raises:
        UserError: absent, of another kind, or damaged.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(f"{path}: expected one of {', '.join(SUFFIXES)}")
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "arrays.npz"
        command = [sys.executable, "-m", "xshot.imports.arrays", str(path), str(copy)]
        try:
            subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds)
        except subprocess.TimeoutExpired:
            raise UserError(f"{path}: damaged, reading it never ends; write it anew") from None
        except subprocess.CalledProcessError as error:
            reason = (error.stderr.splitlines() or ["damaged"])[-1][:200]
            raise UserError(f"{path}: cannot be read ({reason}); write it anew") from None
        with np.load(copy, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    names = arrays.pop(_LEFT_OUT).tolist()
    if left_out is not None:
        left_out += names
    return arrays


def _convert(path: Path, target: Path) -> None:
    """What the process does: any of the formats to plain .npz."""
    if path.suffix.lower() == ".npz":
        found = _from_npz(path)
    elif h5py.is_hdf5(path):
        found = _from_hdf5(path, matlab=path.suffix.lower() == ".mat")
    else:
        found = loadmat(path, simplify_cells=True)
    arrays = {name: _plain(value) for name, value in found.items() if name[:2] != "__"}
    kept = {name: a for name, a in arrays.items() if a.dtype.kind in _NUMBERS_OR_TEXT}
    kept[_LEFT_OUT] = np.array([name for name in arrays if name not in kept], str)
    np.savez(target, **kept)  # type: ignore[arg-type]


def _from_npz(path: Path) -> dict[str, Any]:
    """By name; None for arrays of objects, which only unpickling would open."""
    found: dict[str, Any] = {}
    with np.load(path, allow_pickle=False) as file:
        for name in file.files:
            try:
                found[name] = file[name]
            except ValueError as error:
                if not str(error).startswith("Object arrays cannot be loaded"):
                    raise
                found[name] = None
    return found


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
    if array.dtype.kind == "O":
        # MATLAB's empty string is an empty array.
        items = ["" if np.size(item) == 0 else item for item in array.ravel()]
        if all(isinstance(item, str) for item in items):
            return np.array(items, str).reshape(array.shape)
    return array


if __name__ == "__main__":
    _convert(*map(Path, sys.argv[1:]))
