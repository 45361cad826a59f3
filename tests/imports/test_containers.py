"""Containers as MATLAB, HDF5 and NumPy write them: what is of use is used, the rest is told."""

import h5py
import numpy as np
import pytest
from scipy import sparse
from scipy.io import savemat

from xshot.imports.arrays import read_arrays

RNG = np.random.default_rng(0)
MATRIX = RNG.normal(size=(6, 4))
LABELS = (RNG.random((6, 3)) < 0.5).astype(float)
NAMES = ["cat", "dögs", "snow man"]


def matlab(value, group, name, kind):
    """A variable as MATLAB v7.3 stores it."""
    item = group.create_dataset(name, data=value)
    item.attrs["MATLAB_class"] = np.bytes_(kind)
    return item


def characters(group, name, text):
    codes = np.array([[ord(character)] for character in text], np.uint16)
    return matlab(codes, group, name, "char")


def cell(file, name, references):
    data = np.array([references], h5py.ref_dtype).T.reshape(1, -1)
    item = file.create_dataset(name, data=data, dtype=h5py.ref_dtype)
    item.attrs["MATLAB_class"] = np.bytes_("cell")


def write_73(file):
    matlab(MATRIX.T, file, "I_tr", "double")
    refs = file.create_group("#refs#")
    cell(file, "names", [characters(refs, f"n{i}", name).ref for i, name in enumerate(NAMES)])
    cell(
        file,
        "rows",
        [matlab(row[:, None], refs, f"r{i}", "double").ref for i, row in enumerate(MATRIX)],
    )
    cell(file, "counts", [matlab([[i]], refs, f"c{i}", "double").ref for i in range(3)])
    struct = refs.create_group("s")
    characters(struct, "url", "x.jpg")
    cell(file, "structs", [struct.ref])
    cell(file, "cells", [file["names"].ref])
    matlab([0, 0], file, "nothing", "double").attrs["MATLAB_empty"] = np.uint8(1)
    matlab([[1, 2, 3, 4, 5, 6]], file, "handle", "function_handle")
    matlab(np.array([[1, 2]], np.uint32), file, "text", "string")
    characters(file, "word", "hello")
    matlab(
        np.array([[ord(c) for c in line] for line in ("ab ", "cde")], np.uint16).T,
        file,
        "lines",
        "char",
    )
    columns = sparse.csc_matrix(LABELS)
    group = file.create_group("L_tr")
    group.attrs["MATLAB_sparse"] = np.uint64(6)
    group["data"], group["ir"], group["jc"] = columns.data, columns.indices, columns.indptr
    zeros = file.create_group("zeros")
    zeros.attrs["MATLAB_sparse"] = np.uint64(2)
    zeros["jc"] = np.zeros(4, np.uint64)
    file.create_group("opts")["dim"] = 4.0
    file["gone"] = h5py.SoftLink("/nowhere")


def test_matlab_73(tmp_path):
    with h5py.File(tmp_path / "a.mat", "w", userblock_size=512) as file:
        write_73(file)
    left_out = []
    arrays = read_arrays(tmp_path / "a.mat", left_out)
    np.testing.assert_array_equal(arrays.pop("I_tr"), MATRIX)
    np.testing.assert_array_equal(arrays.pop("rows"), MATRIX)
    np.testing.assert_array_equal(arrays.pop("L_tr"), LABELS)
    np.testing.assert_array_equal(arrays.pop("zeros"), np.zeros((2, 3)))
    assert arrays.pop("counts").tolist() == [0, 1, 2]
    assert arrays.pop("names").tolist() == NAMES
    assert arrays.pop("lines").tolist() == ["ab", "cde"]
    assert arrays.pop("word") == "hello"
    assert arrays.pop("opts/dim") == 4
    assert not arrays
    assert {line.partition(" ")[0] for line in left_out} == {
        *("structs", "cells", "nothing", "handle", "text", "gone")
    }


def test_matlab_5(tmp_path):
    structs = np.array([{"url": "x.jpg"}, {"url": "y.jpg"}], object)
    content = {
        "I_tr": sparse.csc_matrix(MATRIX),
        "L_tr": sparse.csc_matrix(LABELS),
        "names": np.array(NAMES, object),
        "structs": structs,
        "data": {"T_tr": MATRIX, "note": "hello"},
        "nothing": np.zeros((0, 0)),
        "lines": np.array(["ab ", "cde"]),
        "file": MATRIX,
    }
    savemat(tmp_path / "a.mat", content)
    left_out = []
    arrays = read_arrays(tmp_path / "a.mat", left_out)
    for name, expected in (
        ("I_tr", MATRIX),
        ("L_tr", LABELS),
        ("data/T_tr", MATRIX),
        ("file", MATRIX),
    ):
        np.testing.assert_array_equal(arrays[name], expected)
    assert arrays["names"].tolist() == NAMES
    assert arrays["structs/url"].tolist() == ["x.jpg", "y.jpg"]
    own = {"I_tr", "L_tr", "names", "data/T_tr", "data/note", "structs/url", "lines", "file"}
    assert set(arrays) == own
    assert {line.partition(" ")[0] for line in left_out} == {"nothing"}


def test_hdf5(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["file"] = MATRIX
        file["table"] = np.array([(1, 2.0)], [("a", int), ("b", float)])
        file.create_dataset("ragged", data=[np.arange(2), np.arange(3)], dtype=h5py.vlen_dtype(int))
        file["nothing"] = h5py.Empty("f")
        file["none"] = np.zeros((0, 4))
        file["flags"] = np.array([True, False])
        file["names"] = NAMES
        rows = sparse.csr_matrix(LABELS)
        group = file.create_group("L")
        group.attrs["encoding-type"], group.attrs["shape"] = "csr_matrix", LABELS.shape
        group["data"], group["indices"], group["indptr"] = rows.data, rows.indices, rows.indptr
        file["deep/er/still"] = MATRIX
    left_out = []
    arrays = read_arrays(tmp_path / "a.h5", left_out)
    assert set(arrays) == {"file", "flags", "names", "L", "deep/er/still"}
    np.testing.assert_array_equal(arrays["L"], LABELS)
    assert {line.partition(" ")[0] for line in left_out} == {"table", "ragged", "nothing", "none"}


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "dia", "bsr"])
def test_sparse_npz_is_called_as_its_file(tmp_path, form):
    sparse.save_npz(tmp_path / "L_tr.npz", sparse.csr_matrix(LABELS).asformat(form))
    np.testing.assert_array_equal(read_arrays(tmp_path / "L_tr.npz")["L_tr"], LABELS)


@pytest.mark.parametrize(
    "name", ["file", "args", "kwds", "a/b", "__left_out__", "names.json", "鸟", "0"]
)
def test_any_name(tmp_path, name):
    np.savez(tmp_path / "a.npz", **({name: MATRIX} if name != "file" else {}), other=MATRIX)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file[name] = MATRIX
    np.testing.assert_array_equal(read_arrays(tmp_path / "a.h5")[name], MATRIX)
    if name != "file":
        np.testing.assert_array_equal(read_arrays(tmp_path / "a.npz")[name], MATRIX)


def test_a_sparse_matrix_that_would_fill_the_memory_is_left_out(tmp_path):
    sparse.save_npz(tmp_path / "I.npz", sparse.csr_matrix((1 << 20, 1 << 20)))
    left_out = []
    assert read_arrays(tmp_path / "I.npz", left_out) == {}
    assert left_out == ["I (sparse, of 8192 GiB as a dense matrix)"]
