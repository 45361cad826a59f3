"""Files of features as MATLAB, HDF5 and NumPy really write them."""

import fcntl
import gzip
import io
import pickle
import struct

import h5py
import numpy as np
from scipy import sparse
from scipy.io import savemat

from tests.brought.brought import NO_FILES, Brought, of_bytes

_RNG = np.random.default_rng(0)
_ROWS = np.abs(_RNG.normal(size=(6, 4)))
_LABELS = np.eye(3)[np.arange(6) % 3]
NAMES = ("cat", "dög", "snow man")
_PARTS = {"image": _ROWS, "text": _ROWS[::-1], "labels": _LABELS, "class_features": _ROWS[:3]}
_STRUCTS = np.array([{"url": "x.jpg", "size": 3}, {"url": "y.jpg", "size": 4}], object)


def _mat(**content):
    return lambda path: savemat(path, {**_PARTS, "class_names": np.array(NAMES, object), **content})


def _mat_of_one_struct(path):
    savemat(path, {"data": {**_PARTS, "class_names": np.array(NAMES, object)}})


def _sparse(matrix):
    return sparse.csc_matrix(matrix)


def _cells(matrix):
    cells = np.empty(len(matrix), object)
    cells[:] = list(matrix)
    return cells


def _npz(**content):
    return lambda path: np.savez(path, **{**_PARTS, "class_names": np.array(NAMES), **content})


def _matlab(group, name, value, kind):
    item = group.create_dataset(name, data=value)
    item.attrs["MATLAB_class"] = np.bytes_(kind)
    return item


def _matlab_cell(file, name, items, kind):
    refs = file.require_group("#refs#")
    made = [_matlab(refs, f"{name}{i}", item, kind).ref for i, item in enumerate(items)]
    cell = file.create_dataset(name, data=np.array([made], h5py.ref_dtype), dtype=h5py.ref_dtype)
    cell.attrs["MATLAB_class"] = np.bytes_("cell")


def write_73(path):
    """As MATLAB saves with `-v7.3`: a sparse matrix, cells, and what is of no use."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for name in ("image", "text"):
            _matlab(file, name, _PARTS[name].T, "double")
        _matlab_cell(file, "class_features", _ROWS[:3, :, None], "double")
        codes = [np.array([[ord(letter)] for letter in name], np.uint16) for name in NAMES]
        _matlab_cell(file, "class_names", codes, "char")
        labels, columns = file.create_group("labels"), _sparse(_LABELS)
        labels.attrs["MATLAB_sparse"] = np.uint64(6)
        labels["data"], labels["ir"], labels["jc"] = (
            columns.data, columns.indices, columns.indptr,
        )  # fmt: skip
        _matlab(file, "file", np.array([[1, 2]], np.uint32), "string")
        _matlab(file, "nothing", np.zeros(2), "double").attrs["MATLAB_empty"] = np.uint8(1)
        _matlab(file, "wave", np.zeros((2, 2), [("real", float), ("imag", float)]), "double")


def _h5(path):
    with h5py.File(path, "w") as file:
        group = file.create_group("features")
        for name, array in _PARTS.items():
            group.create_dataset(name, data=array, compression="gzip")
        group["class_names"] = list(NAMES)
        group["self"] = h5py.SoftLink("/features/self")
        file["file"] = np.array([b"\xff", b"ok"], h5py.string_dtype())
        file["complex"] = np.zeros((2, 2), complex)
        file["table"] = np.zeros(3, [("a", int), ("b", float)])
        file["nothing"] = h5py.Empty("f")
        file.create_dataset("vast", (1 << 24, 1 << 24), "f8", chunks=(64, 64))


def _h5_with_more(path):
    """What no array is made of, beside what is used."""
    _h5(path)
    with h5py.File(path, "a") as file:
        file["reference"] = file["features/image"].ref
        file["region"] = file["features/image"].regionref[:2]
        file["opaque"] = np.void(b"abc")
        file["latin"] = np.array([b"caf\xe9"], h5py.string_dtype())
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_chunk((2, 2))
        plan.set_filter(32001, h5py.h5z.FLAG_OPTIONAL, (2, 2, 8, 1, 5, 1, 1))  # Blosc
        space = h5py.h5s.create_simple((2, 2))
        packed = h5py.h5d.create(file.id, b"packed", h5py.h5t.IEEE_F64LE, space, plan)
        packed.write_direct_chunk((0, 0), bytes(32))


def _h5_with_parts_elsewhere(path):
    """Data that are kept in other files, which were not copied with it."""
    _h5(path)
    with h5py.File(path, "a") as file:
        layout = h5py.VirtualLayout((6, 4), "f8")
        layout[:3] = h5py.VirtualSource("gone.h5", "image", (3, 4))
        file.create_virtual_dataset("image_val", layout, fillvalue=1)
        file.create_dataset("image_dev", (6, 4), "f8", external=[("gone.raw", 0, 192)])
        file["link"] = h5py.ExternalLink("gone.h5", "/image")


def _h5_of_elsewhere(path):
    """As before, but what is needed is elsewhere: HDF5 itself would make it up."""
    _h5(path)
    with h5py.File(path, "a") as file:
        del file["features/image"]
        layout = h5py.VirtualLayout((6, 4), "f8")
        layout[:] = h5py.VirtualSource("gone.h5", "image", (6, 4))
        file.create_virtual_dataset("features/image", layout, fillvalue=1)


def _called(make, suffix):
    """Under the suffix of another kind."""

    def write(path):
        own = path.with_suffix(suffix)
        make(own)
        own.rename(path)

    return write


def _mat_with_string(path):
    """MATLAB's `string`, as it saves one (v5): an object of a class of its own."""
    name, kinds = b"s".ljust(4, b"\0"), (b"MCOS", b"string")
    body = _element(6, struct.pack("<II", 17, 0)) + struct.pack("<HH", 1, 1) + name
    body += struct.pack("<HH", 1, 4) + kinds[0] + _element(1, kinds[1])
    body += _element(
        14,
        _element(6, struct.pack("<II", 13, 0))
        + _element(5, struct.pack("<ii", 1, 1))
        + _element(1, b"")
        + _element(6, struct.pack("<I", 0xDD000000)),
    )
    _mat()(path)
    path.write_bytes(path.read_bytes() + _element(14, body))


def _element(kind, data):
    return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)


def _locked(path):
    _h5(path)
    file = path.open("rb")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file  # for as long as it is kept


def _cut(make, suffix):
    def cut(path):
        whole = path.with_name(f"whole{suffix}")
        make(whole)
        path.write_bytes(whole.read_bytes()[:-200])

    return cut


def _npy():
    buffer = io.BytesIO()
    np.save(buffer, _ROWS)
    return buffer.getvalue()


_LATER = "incomplete: still being written or copied"
CONTAINERS: dict[str, tuple[str, Brought]] = {
    "v5": (".mat", Brought(_mat())),
    "v5, one struct": (".mat", Brought(_mat_of_one_struct)),
    "v5, sparse": (".mat", Brought(_mat(labels=_sparse(_LABELS), image=_sparse(_ROWS)))),
    "v5, cells": (".mat", Brought(_mat(image=_cells(_ROWS)))),
    "v5, odd names": (".mat", Brought(_mat(file=_ROWS, meta=_STRUCTS, none=np.zeros((0, 0))))),
    "v5, complex besides": (".mat", Brought(_mat(wave=_ROWS * 1j))),
    "v7.3": (".mat", Brought(write_73)),
    "npz": (".npz", Brought(_npz())),
    "npz, objects besides": (".npz", Brought(_npz(meta=np.array([None, "x"], object)))),
    "npz, tables besides": (".npz", Brought(_npz(meta=np.zeros(3, [("a", int), ("b", float)])))),
    "npz, bytes": (".npz", Brought(_npz(class_names=np.array([n.encode() for n in NAMES])))),
    "npz, latin-1": (".npz", Brought(_npz(captions=np.array([b"caf\xe9"] * 6)))),
    "npz, one dimension more": (".npz", Brought(_npz(image=_ROWS[:, None]))),
    "npz, pictures besides": (".npz", Brought(_npz(pixels=np.zeros((6, 3, 2, 2))))),
    "npz called h5": (".h5", Brought(_called(_npz(), ".npz"))),
    "npz called mat": (".mat", Brought(_called(_npz(), ".npz"))),
    "h5 called npz": (".npz", Brought(_called(_h5, ".h5"))),
    "v5, MATLAB's strings besides": (".mat", Brought(_mat_with_string)),
    "h5 with more": (".h5", Brought(_h5_with_more)),
    "h5": (".h5", Brought(_h5)),
    "h5, parts elsewhere besides": (".h5", Brought(_h5_with_parts_elsewhere)),
    "h5, parts elsewhere": (
        ".h5",
        Brought(_h5_of_elsewhere, "features/image .kept in gone.h5, which is not there; put that"),
    ),
    "npz, half precision of others": (
        ".npz",
        Brought(_npz(image=np.zeros((6, 4), "V2")), "image .*maybe bfloat16; save it as float32"),
    ),
    "labels turned": (".npz", Brought(_npz(labels=_LABELS.T), "transpose labels, whose columns")),
    "labels from 5": (".npz", Brought(_npz(labels=np.arange(6) % 3 + 5), "give the labels as na")),
    **{f"{name} for h5": (".h5", brought) for name, brought in NO_FILES.items()},
    **{f"{name} for npz": (".npz", brought) for name, brought in NO_FILES.items()},
    "h5 in use": (".h5", Brought(_locked, "in use: another program has it open; close it there")),
    "h5 cut": (".h5", Brought(_cut(_h5, ".h5"), _LATER)),
    "npz cut": (".npz", Brought(_cut(_npz(), ".npz"), _LATER)),
    "mat cut": (".mat", Brought(_cut(_mat(), ".mat"), _LATER)),
    "npz of nothing": (".npz", of_bytes(b"", _LATER)),
    "mat of nothing": (".mat", of_bytes(b"", _LATER)),
    "h5 of nothing": (".h5", of_bytes(b"", "truncated or not an HDF5 file; write it anew")),
    "turned": (".npz", Brought(_npz(image=_ROWS.T), "transpose image")),
    "maps": (".npz", Brought(_npz(image=np.ones((6, 4, 7, 7))), "image .*of 4 dimensions; save")),
    "packed": (".npz", of_bytes(gzip.compress(_npy()), "by gzip; unpack it")),
    "pickled": (".npz", of_bytes(pickle.dumps({"image": 1}), "may run code.*numpy.savez")),
    "noise": (".npy", of_bytes(bytes(99), "no arrays of NumPy; write it anew")),
    "a text": (".mat", of_bytes(b"a text that is longer than a header " * 9, "cannot be read")),
    "one array alone": (".npy", of_bytes(_npy(), "image: none is there.*; name the array")),
    "another suffix": (".pt", of_bytes(b"PK", "expected one of .npz, .npy, .mat.*numpy.savez")),
}
"""A data set of six pairs and three classes, and what is none."""
