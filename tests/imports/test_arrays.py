"""Files of arrays, each read beside what wrote it."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from xshot.errors import UserError
from xshot.imports.arrays import read_arrays

MATRIX = np.random.default_rng(0).normal(size=(5, 3))
NAMES = np.array(["cat", "dögs", "", "snow man", "x"])


def write_npz(path):
    np.savez(path, image=MATRIX, names=NAMES, raw=NAMES.astype("U9").view(np.uint32))


def write_mat(path):
    savemat(path, {"image": MATRIX, "names": np.array(NAMES, object), "meta": {"a": 1}})


def write_h5(path):
    with h5py.File(path, "w") as file:
        file["image"] = MATRIX
        file.create_dataset("names", data=list(NAMES), dtype=h5py.string_dtype())


def write_mat_73(path):
    """As MATLAB does: axes reversed, cells as references to arrays of 16-bit characters."""
    with h5py.File(path, "w", userblock_size=512) as file:
        file["image"] = MATRIX.T
        cells = []
        for number, name in enumerate(NAMES):
            file[f"#refs#/{number}"] = np.array([[ord(c)] for c in name], np.uint16).reshape(-1, 1)
            cells.append(file[f"#refs#/{number}"].ref)
        file.create_dataset("names", data=np.array([cells], h5py.ref_dtype))


@pytest.mark.parametrize(
    ("name", "write"),
    [("a.npz", write_npz), ("a.mat", write_mat), ("a.h5", write_h5), ("b.mat", write_mat_73)],
)
def test_numbers_and_strings_come_back(tmp_path, name, write):
    write(tmp_path / name)
    arrays = read_arrays(tmp_path / name)
    np.testing.assert_array_equal(arrays["image"], MATRIX)
    assert arrays["names"].ravel().tolist() == NAMES.tolist()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.pt", b"", "expected one of .npz, .npy, .mat"),
        ("a.npz", b"PK\3\4 cut off", "a.npz: incomplete: still being written"),
        ("a.mat", b"MATLAB 5.0 MAT-file" + bytes(200), "a.mat: cannot be read"),
        ("a.h5", b"\x89HDF\r\n\x1a\n", "a.h5: truncated or not an HDF5 file"),
    ],
)
def test_other_files_are_refused(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=message):
        read_arrays(tmp_path / name)


def test_an_absent_file(tmp_path):
    with pytest.raises(UserError, match="No such file or directory; name one that is there"):
        read_arrays(tmp_path / "a.npz")


class Trap:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_objects_are_left_out_and_never_unpickled(tmp_path):
    trap = np.array([Trap(tmp_path / "sprung")], object)
    np.savez(tmp_path / "a.npz", a=trap, image=MATRIX, names=NAMES)
    left_out = []
    arrays = read_arrays(tmp_path / "a.npz", left_out)
    assert set(arrays) == {"image", "names"}
    assert left_out == ["a (Python objects; save it with .astype(str) or as numbers)"]
    assert not (tmp_path / "sprung").exists()
    np.load(tmp_path / "a.npz", allow_pickle=True)["a"]
    assert (tmp_path / "sprung").exists()


def test_what_a_matlab_file_holds_besides_is_left_out(tmp_path):
    write_mat(tmp_path / "a.mat")
    left_out = []
    arrays = read_arrays(tmp_path / "a.mat", left_out)
    assert set(arrays) == {"image", "names", "meta/a"}
    assert (arrays["meta/a"], left_out) == (1, [])


def test_a_damaged_array_beside_whole_ones_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", image=MATRIX, other=MATRIX)
    data = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "a.npz").write_bytes(data.replace(b"'<f8'", b"'<zz'", 1))
    with pytest.raises(UserError, match=r"a.npz: cannot be read"):
        read_arrays(tmp_path / "a.npz")


def test_a_matlab_file_that_crashes_its_reader_is_one_line(tmp_path):
    """SciPy's reader believes an unknown type's number, and takes its process down."""
    path = tmp_path / "a.mat"
    write_mat(path)
    whole = path.read_bytes()
    assert whole[184:188] == b"\x09\0\0\0"  # doubles
    path.write_bytes(whole[:184] + b"\x31\0\0\0" + whole[188:])
    with pytest.raises(UserError, match=r"a.mat: cannot be read \(damaged\)"):
        read_arrays(path)


def test_a_table_that_keeps_hdf5_busy_for_ever_is_one_line(tmp_path):
    """An object of no length in the heap of strings, after which HDF5 finds it again and again."""
    path = tmp_path / "a.h5"
    write_h5(path)
    data = bytearray(path.read_bytes())
    heap = data.index(b"GCOL")
    data[heap + 24 : heap + 32] = bytes(8)
    path.write_bytes(bytes(data))
    with pytest.raises(UserError, match=r"a.h5: (damaged|cannot be read)"):
        read_arrays(path, seconds=5)
