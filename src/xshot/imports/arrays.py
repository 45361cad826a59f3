"""The arrays of .npz, .npy, .mat and .h5 files by name, whatever wrote them.

A process of its own reads them: SciPy's and HDF5's readers trust the lengths in a file, and a
damaged one can crash them or keep them busy for ever.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xshot.errors import UserError, one_line_errors
from xshot.imports.containers import read_container
from xshot.reading import check_file, explain

Arrays = dict[str, NDArray[Any]]
"""By name; strings as arrays of `str`."""

SUFFIXES = (".npz", ".npy", ".mat", ".h5", ".hdf5")

_NAMES = "names.json"
_TOLD = "error: "


def read_arrays(path: Path, left_out: list[str] | None = None, *, seconds: float = 600) -> Arrays:
    """All arrays of a file; what is neither numbers nor strings is left out.

    Args:
        path: the file.
        left_out: where is added what was left out, by name with the reason.
        seconds: after which it counts as damaged.

    Raises:
        UserError: absent, of another kind, in use, or damaged.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(
            f"{path}: expected one of {', '.join(SUFFIXES)}; save the arrays with numpy.savez"
        )
    try:
        check_file(path)
    except OSError as error:
        raise UserError(f"{path}: {explain(error, 'name one that is there')}") from None
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "xshot.imports.arrays", str(path), folder]
        try:
            subprocess.run(command, capture_output=True, check=True, timeout=seconds)
        except subprocess.TimeoutExpired:
            raise UserError(f"{path}: damaged, reading it never ends; write it anew") from None
        except subprocess.CalledProcessError as error:
            last = (error.stderr.decode("utf-8", "replace").splitlines() or ["damaged"])[-1]
            if last.startswith(_TOLD):
                raise UserError(last.removeprefix(_TOLD)) from None
            raise UserError(f"{path}: cannot be read ({last[:200]}); write it anew") from None
        return _taken_over(Path(folder), left_out)


def _taken_over(folder: Path, left_out: list[str] | None) -> Arrays:
    told = json.loads((folder / _NAMES).read_text(encoding="utf-8"))
    if left_out is not None:
        left_out += told["left_out"]
    return {
        name: np.load(folder / f"{number}.npy", allow_pickle=False)
        for number, name in enumerate(told["names"])
    }


def _convert(path: Path, folder: Path) -> None:
    """What the process does: the arrays by number, since a name can be anything."""
    arrays, left_out = read_container(path)
    for number, array in enumerate(arrays.values()):
        np.save(folder / f"{number}.npy", array, allow_pickle=False)
    told = {"names": list(arrays), "left_out": left_out}
    (folder / _NAMES).write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    with one_line_errors():
        _convert(*map(Path, sys.argv[1:]))
