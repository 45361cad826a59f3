import tracemalloc

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.stage import run_python
from xshot.errors import UserError
from xshot.store.hdf5 import (
    create_table,
    open_table,
    read_rows,
    read_strings,
    write_matrix,
    write_strings,
)

VERSION = 3
MATRIX = np.random.default_rng(0).normal(size=(9000, 2)).astype(np.float32)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("hdf5") / "table.h5"
    with create_table(path, VERSION) as file:
        write_matrix(file, "rows", MATRIX)
        write_matrix(file, "none", MATRIX[:0])
        write_strings(file, "names", ["α", "", "snow man"])
    return path


def opened(path):
    return open_table(path, VERSION, remedy="do it again")


@given(st.lists(st.integers(0, len(MATRIX) - 1), max_size=30))
def test_any_rows_in_any_order(table, rows):
    with opened(table) as file:
        found = read_rows(file, "rows", np.array(rows, np.int64))
    np.testing.assert_array_equal(found, MATRIX[rows])
    assert found.dtype == np.float32


def test_all_rows(table):
    with opened(table) as file:
        np.testing.assert_array_equal(read_rows(file, "rows", np.arange(len(MATRIX))), MATRIX)


def test_no_rows(table):
    with opened(table) as file:
        assert read_rows(file, "none", np.array([], np.int64)).shape == (0, 2)


def test_strings_come_back_as_str(table):
    with opened(table) as file:
        assert read_strings(file, "names") == ("α", "", "snow man")


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))))
def test_any_strings(tmp_path_factory, strings):
    path = tmp_path_factory.getbasetemp() / "strings.h5"
    with create_table(path, VERSION) as file:
        write_strings(file, "names", strings)
    with opened(path) as file:
        assert read_strings(file, "names") == tuple(strings)


def test_strings_lie_in_no_heap_on_which_hdf5_can_hang(table):
    assert b"GCOL" not in table.read_bytes()


def test_chunks_hold_whole_rows(table):
    with h5py.File(table) as file:
        assert file["rows"].chunks == (256, 2)


def test_a_failure_writes_nothing(tmp_path):
    with pytest.raises(RuntimeError), create_table(tmp_path / "table.h5", VERSION):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


class TestRefusal:
    def test_an_absent_file(self, tmp_path):
        with pytest.raises(UserError, match="not found; do it again"), opened(tmp_path / "no.h5"):
            pass

    @pytest.mark.parametrize("kept", [0, 10, 0.5, 0.99])
    def test_a_truncated_file(self, tmp_path, table, kept):
        whole = table.read_bytes()
        path = tmp_path / "table.h5"
        path.write_bytes(whole[: kept if kept >= 1 else int(kept * len(whole))])
        told = r"truncated or not an HDF5 file|incomplete"
        with pytest.raises(UserError, match=told), opened(path):
            pass

    def test_damage_behind_the_header(self, tmp_path, table):
        path = tmp_path / "table.h5"
        # The last tree to be written says where the chunks lie.
        before, _, after = table.read_bytes().rpartition(b"TREE")
        path.write_bytes(before + b"xxxx" + after)
        with (
            pytest.raises(UserError, match="damaged, a part cannot be read; do it again"),
            opened(path) as file,
        ):
            read_rows(file, "rows", np.arange(3))

    def test_another_schema_version(self, table):
        with (
            pytest.raises(UserError, match="schema version 3, not 4; again"),
            open_table(table, 4, remedy="again"),
        ):
            pass

    def test_a_file_of_something_else(self, tmp_path):
        with h5py.File(tmp_path / "other.h5", "w") as file:
            file["x"] = 1
        with (
            pytest.raises(UserError, match="schema version None"),
            opened(tmp_path / "other.h5"),
        ):
            pass

    def test_a_missing_part(self, table):
        with pytest.raises(UserError, match="do it again"), opened(table) as file:
            read_strings(file, "absent")

    def test_damage_in_the_tree(self, tmp_path, table):
        path = tmp_path / "table.h5"
        path.write_bytes(table.read_bytes().replace(b"SNOD", b"xxxx"))
        with pytest.raises(UserError, match="do it again"), opened(path) as file:
            len(file)

    def test_a_version_that_is_no_number(self, tmp_path):
        path = tmp_path / "table.h5"
        with h5py.File(path, "w") as file:
            file.attrs["schema_version"] = np.arange(3)
        with pytest.raises(UserError, match="damaged"), opened(path):
            pass


FULL_DISK = """
import resource, sys
from pathlib import Path
import numpy as np
from tests.support.stage import run_python
from xshot.errors import UserError
from xshot.store.hdf5 import create_table, write_matrix, write_strings

path = Path(sys.argv[1]) / "table.h5"
for limit in range(0, 90_000, 1500):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        with create_table(path, 1) as file:
            write_matrix(file, "rows", np.ones((1000, 20), np.float32))
            write_strings(file, "names", [f"row {number}" for number in range(1000)])
    except UserError as error:
        assert "cannot be written: File too large" in str(error)
    else:
        raise AssertionError(limit)
    assert list(path.parent.iterdir()) == []
"""


def test_a_disk_that_is_full_at_any_point_is_one_line_and_no_crash(tmp_path):
    done = run_python("-c", FULL_DISK, str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_table_is_written_without_a_second_copy_in_memory(tmp_path):
    matrix = np.ones((40_000, 256), np.float32)  # 39 MiB
    tracemalloc.start()
    with create_table(tmp_path / "table.h5", VERSION) as file:
        write_matrix(file, "rows", matrix)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < matrix.nbytes / 10
