"""MATLAB's files before version 7.3, read by a process of its own.

A damaged one takes the process that reads it down: SciPy's reader trusts the lengths in it.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat


def read_matlab(path: Path) -> dict[str, NDArray[Any]]:
    """The numbers and strings in it by name.

    Raises:
        ValueError: the file is damaged.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "arrays.npz"
        done = subprocess.run(
            [sys.executable, "-m", "xshot.imports.matlab", str(path), str(copy)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ValueError((done.stderr.splitlines() or ["damaged"])[-1])
        with np.load(copy, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}


def _plain(value: Any) -> NDArray[Any]:
    """As an array; cells of strings as an array of `str`."""
    array = np.asarray(value)
    if array.dtype.kind == "O":
        # MATLAB's empty string is an empty array.
        items = ["" if np.size(item) == 0 else item for item in array.ravel()]
        if all(isinstance(item, str) for item in items):
            return np.array(items, str).reshape(array.shape)
    return array


def _convert(source: str, target: str) -> None:
    arrays = {
        name: _plain(value)
        for name, value in loadmat(source, simplify_cells=True).items()
        if not name.startswith("__")
    }
    plain = {name: array for name, array in arrays.items() if array.dtype.kind in "biufU"}
    np.savez(target, **plain)  # type: ignore[arg-type]


if __name__ == "__main__":
    _convert(*sys.argv[1:])
