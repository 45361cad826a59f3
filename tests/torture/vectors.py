"""Features that are there already, in the forms that are read by themselves, and their readers."""

from io import BytesIO
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import sparse
from scipy.io import savemat

from tests.imports import test_containers
from tests.torture.tables import Files
from xshot.errors import UserError
from xshot.imports.arrays import read_arrays
from xshot.imports.dataset import make_dataset
from xshot.imports.roles import assign
from xshot.lance_store.ready_made import ready_made

_ROWS = np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32)


def _npy(array: np.ndarray) -> bytes:
    buffer = BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def _parquet(**columns: list[object]) -> bytes:
    buffer = BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def import_files(_: Path) -> Files:
    rng = np.random.default_rng(0)
    image, text = rng.normal(size=(2, 12, 4))
    arrays = {
        "image": image,
        "text": text,
        "labels": np.arange(12) % 4,
        "class_features": rng.normal(size=(4, 4)),
        "class_names": np.array(list("abcd"), object),
    }
    h5, mat, npz, new = (BytesIO() for _ in range(4))
    with h5py.File(h5, "w") as file:
        for name, array in arrays.items():
            file[name] = list(array) if array.dtype == object else array
    many = sparse.csc_matrix(np.eye(4)[arrays["labels"]])
    savemat(mat, {**arrays, "labels": many, "meta": {"url": "x.jpg"}})
    np.savez(npz, **(arrays | {"class_names": np.array(list("abcd"))}))
    with h5py.File(new, "w", userblock_size=512) as file:
        test_containers.write_73(file)
    found = {"a.h5": h5, "a.mat": mat, "a.npz": npz, "new.mat": new}
    return {name: buffer.getvalue() for name, buffer in found.items()}


def read_imports(folder: Path) -> None:
    """Each file by itself; the last one holds variables of every kind and no data set."""
    problems = []
    for path in sorted(folder.iterdir()):
        try:
            roles, _ = assign(read_arrays(path, seconds=20))
            if path.name != "new.mat":
                result = make_dataset(roles, None)
                assert len(result.rows) == len(result.features.ids)
        except UserError as problem:
            problems.append(problem)
    if problems:
        raise problems[0]


def npy_files(_: Path) -> Files:
    names = np.array(["cat", "dög", "snow man"])
    return {"image.npy": _npy(_ROWS), "class_names.npy": _npy(names)}


def read_npy(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        assert {*read_arrays(path, seconds=20)} == {path.stem}


def vector_files(_: Path) -> Files:
    told = {"image_path": [f"{row}.png" for row in range(9)], "caption": ["a text"] * 9}
    return {
        "a.npy": _npy(_ROWS),
        "a.parquet": _parquet(image_vector=list(_ROWS), labels=[["cat"]] * 9, **told),
        "layout/img_emb/img_emb_0.npy": _npy(_ROWS.astype(np.float16)),
        "layout/metadata/metadata_0.parquet": _parquet(**told),
    }


def read_vectors(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        source = ready_made(path, folder, "an encoder")
        for part in source.parts():
            assert np.isfinite(part.features(np.arange(len(part.keys)))).all()
