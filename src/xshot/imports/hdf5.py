"""HDF5 files as trees: what h5py, MATLAB (v7.3) and others write into them.

MATLAB keeps its variables as datasets and groups with attributes that say what they are
(MathWorks, "MAT-File Versions"; names found in its files): characters as numbers, cells as
references into `#refs#`, sparse matrices as columns, empty arrays as their shapes.
"""

import re
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from xshot.imports.left_out import LeftOut
from xshot.reading import decoded, mended

_OWN = ("#refs#", "#subsystem#")
_DEEPEST = 8
"""Cells in cells, and structs in structs."""

_NUMBERS = frozenset(
    {
        "double",
        "single",
        "logical",
        *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
    }
)


def read_tree(group: h5py.Group, *, matlab: bool, depth: int = 0) -> dict[str, Any]:
    """Arrays, lists of a cell's items, sparse matrices and trees, by name.

    Args:
        group: a file, or part of it.
        matlab: axes are stored in reverse.
        depth: of the group in the file.
    """
    found: dict[str, Any] = {}
    for name in group:
        if name in _OWN:
            continue
        try:
            found[name] = _item(group[name], matlab, depth)
        except KeyError:
            found[name] = LeftOut("a link that leads nowhere")
        except RuntimeError as error:
            if "link traversal" not in str(error):
                raise
            found[name] = LeftOut("a link that leads in a circle")
        except MemoryError as error:
            found[name] = LeftOut(f"larger than the memory: {error}")
        # Types and filters that this HDF5 lacks; damage is another matter and stops all.
        except (TypeError, AttributeError) as error:
            found[name] = LeftOut(f"of a type that NumPy lacks: {error}")
        except OSError as error:
            if not re.search("filter|plugin", str(error)):
                raise
            found[name] = LeftOut("compressed by a filter that is not there; save it with gzip")
    return found


def _item(item: Any, matlab: bool, depth: int) -> Any:
    if depth > _DEEPEST:
        return LeftOut("nested too deep")
    if isinstance(item, h5py.Group):
        matrix = _sparse(item)
        return read_tree(item, matlab=matlab, depth=depth + 1) if matrix is None else matrix
    if not isinstance(item, h5py.Dataset):
        return LeftOut("neither numbers nor strings")
    if item.attrs.get("MATLAB_empty", 0):
        return np.empty(0)
    if gone := _gone(item):
        return LeftOut(f"kept in {gone}, which is not there; put that beside the file")
    kind = _text(item.attrs.get("MATLAB_class", b""))
    if h5py.check_ref_dtype(item.dtype) is h5py.Reference:
        return _cell(item, matlab, depth)
    if h5py.check_string_dtype(item.dtype):
        return _strings(item.asstr(errors="surrogateescape")[()])
    if kind == "char":
        return _characters(item)
    if kind and kind not in _NUMBERS:
        return LeftOut(f"MATLAB's {kind}; save it as numbers or a cell of characters")
    return item[()].T if matlab else item[()]


def _gone(item: h5py.Dataset) -> str:
    """Which other file that holds part of a dataset is not there; HDF5 would fill the gap."""
    names = [name for name, *_ in item.external or ()]
    if item.is_virtual:
        names += [source.file_name for source in item.virtual_sources()]
    beside = Path(item.file.filename).parent
    return next((name for name in names if name != "." and not (beside / name).exists()), "")


def _cell(item: h5py.Dataset, matlab: bool, depth: int) -> NDArray[Any] | LeftOut:
    """The items of a cell in MATLAB's order; strings and arrays, where these are all it holds."""
    stored = np.asarray(item[()], object)  # one alone is no array
    references = stored.T.ravel() if matlab else stored.ravel()
    cells = np.empty(len(references), object)
    for place, reference in enumerate(references):
        if not reference:
            return LeftOut("holds references that lead nowhere")
        target = item.file[reference]
        value = _item(target, matlab, depth + 1)
        if isinstance(value, np.ndarray) and _is_text(target, value, matlab):
            value = "".join(map(chr, value.T.ravel()))
        if isinstance(value, np.ndarray) and value.size == 1:
            value = value.ravel()[0]
        if isinstance(value, dict | LeftOut) or sparse.issparse(value):
            return LeftOut("a cell of structs, cells or others; save it as numbers or characters")
        cells[place] = value
    return cells


def _strings(found: Any) -> Any:
    """A string or an array of them, whatever their bytes were."""
    if isinstance(found, str):
        return mended(found)
    items = np.empty(found.shape, object)
    items.ravel()[:] = [mended(one) for one in found.ravel()]
    return items


def _is_text(target: h5py.Dataset, value: NDArray[Any], matlab: bool) -> bool:
    """Characters that no attribute calls so, as other programs write them."""
    unnamed = "MATLAB_class" not in target.attrs
    return matlab and unnamed and value.dtype == np.uint16


def _characters(item: h5py.Dataset) -> NDArray[Any]:
    """A matrix of characters as strings, one a row."""
    codes = np.atleast_2d(item[()].T)
    lines = [
        np.ascontiguousarray(line, "<u2").tobytes().decode("utf-16-le", "replace") for line in codes
    ]
    return np.array([line.rstrip() for line in lines] if len(lines) > 1 else lines, str).squeeze()


def _sparse(group: h5py.Group) -> Any:
    """A sparse matrix of MATLAB's or of AnnData's; None = the group is none."""
    rows = group.attrs.get("MATLAB_sparse")
    if rows is not None and "jc" in group:
        starts = group["jc"][()]
        shape = int(rows), len(starts) - 1
        if "ir" not in group:  # all zeros
            return sparse.csc_matrix(shape)
        return sparse.csc_matrix((group["data"][()], group["ir"][()], starts), shape)
    shape = group.attrs.get("shape", group.attrs.get("h5sparse_shape"))
    if shape is None or not {"data", "indices", "indptr"} <= set(group):
        return None
    parts = tuple(group[name][()] for name in ("data", "indices", "indptr"))
    form = _text(group.attrs.get("encoding-type", group.attrs.get("h5sparse_format", b"csr")))
    make = sparse.csc_matrix if "csc" in form else sparse.csr_matrix
    return make(parts, tuple(map(int, shape)))


def _text(value: Any) -> str:
    return decoded(value) if isinstance(value, bytes) else str(value)
