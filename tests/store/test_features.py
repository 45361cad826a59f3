import shutil
from dataclasses import replace

import h5py
import numpy as np
import pytest

from xshot.errors import UserError
from xshot.store.features import (
    ClassFeatures,
    EncoderRecord,
    FeatureRows,
    Features,
    read_class_features,
    read_encoder,
    read_features,
    read_ids,
    write_features,
)
from xshot.store.hdf5 import BLOCK_ROWS


def unit(rng, n_rows, dimensions=8):
    rows = rng.normal(size=(n_rows, dimensions))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


RNG = np.random.default_rng(0)
FEATURES = Features(tuple(f"row{row}" for row in range(6)), unit(RNG, 6), unit(RNG, 6))
CLASSES = ClassFeatures(("bird", "cat"), unit(RNG, 2))
ENCODER = EncoderRecord("f1n9e7", {"precision": "fp32", "size": 224}, ("a {}", "{}"))


@pytest.fixture
def path(tmp_path):
    write_features(tmp_path / "features.h5", FEATURES, CLASSES, ENCODER)
    return tmp_path / "features.h5"


def assert_rows(found, rows):
    assert found.ids == tuple(FEATURES.ids[row] for row in rows)
    np.testing.assert_array_equal(found.image, FEATURES.image[rows])
    np.testing.assert_array_equal(found.text, FEATURES.text[rows])


class Blockwise:
    """Rows that are there in blocks only, as the feature cache has them."""

    def __init__(self, matrix):
        self.shape, self.dtype, self._matrix = matrix.shape, matrix.dtype, matrix

    def __getitem__(self, rows):
        assert len(self._matrix[rows]) <= BLOCK_ROWS
        return self._matrix[rows].copy()


class TestBlocks:
    N = 2 * BLOCK_ROWS + 100

    def rows(self):
        ids = tuple(map(str, range(self.N)))
        return FeatureRows(ids, unit(RNG, self.N), unit(RNG, self.N))

    def test_rows_in_blocks_give_the_bytes_of_arrays(self, tmp_path):
        rows = self.rows()
        write_features(tmp_path / "arrays", rows, CLASSES, ENCODER)
        blockwise = replace(rows, image=Blockwise(rows.image), text=Blockwise(rows.text))
        write_features(tmp_path / "blocks", blockwise, CLASSES, ENCODER)
        assert (tmp_path / "blocks").read_bytes() == (tmp_path / "arrays").read_bytes()
        found = read_features(tmp_path / "blocks")
        np.testing.assert_array_equal(found.image, rows.image)
        np.testing.assert_array_equal(found.text, rows.text)

    def test_a_row_of_a_later_block_is_named(self, tmp_path):
        rows = self.rows()
        rows.text[BLOCK_ROWS + 7] = np.nan
        with pytest.raises(UserError, match=f"text row '{BLOCK_ROWS + 7}' is not finite"):
            write_features(tmp_path / "features.h5", rows, CLASSES, ENCODER)


class TestRoundTrip:
    def test_all_rows(self, path):
        assert_rows(read_features(path), list(range(6)))
        assert read_ids(path) == FEATURES.ids

    def test_rows_in_the_order_asked_for(self, path):
        assert_rows(read_features(path, ("row4", "row0", "row2")), [4, 0, 2])

    def test_no_rows(self, path):
        assert read_features(path, ()).image.shape == (0, 8)

    def test_classes(self, path):
        found = read_class_features(path)
        assert found.names == CLASSES.names
        np.testing.assert_array_equal(found.features, CLASSES.features)

    def test_encoder(self, path):
        assert read_encoder(path) == ENCODER

    def test_equal_features_give_equal_bytes(self, path, tmp_path):
        write_features(tmp_path / "again.h5", FEATURES, CLASSES, ENCODER)
        assert (tmp_path / "again.h5").read_bytes() == path.read_bytes()


class TestHash:
    def test_names_exactly_the_rows_read(self, path):
        some = ("row3", "row1")
        assert read_features(path, some).hash == read_features(path, some).hash
        assert read_features(path, some).hash != read_features(path, some[::-1]).hash
        assert read_features(path, some).hash != read_features(path).hash

    @pytest.mark.parametrize("part", ["image", "text"])
    def test_sees_every_value(self, part):
        changed = getattr(FEATURES, part).copy()
        changed[5, 7] += 1e-6
        assert replace(FEATURES, **{part: changed}).hash != FEATURES.hash

    def test_does_not_see_other_rows(self, path, tmp_path):
        image = FEATURES.image.copy()
        image[0] = -image[0]
        other = tmp_path / "other.h5"
        write_features(other, replace(FEATURES, image=image), CLASSES, ENCODER)
        assert read_features(path, ("row1",)).hash == read_features(other, ("row1",)).hash
        assert read_features(path, ("row0",)).hash != read_features(other, ("row0",)).hash


class TestRefusal:
    @pytest.mark.parametrize("value", [np.nan, np.inf, 3.0, 0.0])
    @pytest.mark.parametrize("part", ["image", "text"])
    def test_a_row_that_is_not_finite_and_unit_norm(self, path, part, value):
        with h5py.File(path, "r+") as file:
            file[f"{part}/features"][2] = value
        with pytest.raises(UserError, match=f"{part} row 'row2' is not finite and of unit norm"):
            read_features(path)

    def test_rows_that_are_not_read_are_not_looked_at(self, path):
        with h5py.File(path, "r+") as file:
            file["image/features"][2] = np.nan
        assert_rows(read_features(path, ("row1", "row3")), [1, 3])

    def test_a_class_that_is_not_finite(self, path):
        with h5py.File(path, "r+") as file:
            file["class/features"][1] = np.nan
        with pytest.raises(UserError, match="class row 'cat'"):
            read_class_features(path)

    def test_such_rows_are_not_written_either(self, tmp_path):
        broken = FEATURES.text.copy()
        broken[4] = np.nan
        with pytest.raises(UserError, match="text row 'row4'"):
            write_features(tmp_path / "f.h5", replace(FEATURES, text=broken), CLASSES, ENCODER)
        assert list(tmp_path.iterdir()) == []

    def test_another_number_of_ids_than_rows_is_not_written(self, tmp_path):
        fewer = replace(FEATURES, ids=FEATURES.ids[1:])
        with pytest.raises(UserError, match=r"shape \(6, 8\) for 5 rows"):
            write_features(tmp_path / "f.h5", fewer, CLASSES, ENCODER)

    def test_an_unknown_id(self, path):
        with pytest.raises(
            UserError, match="no row with id 'stranger'; re-run `dvc repro extract`"
        ):
            read_features(path, ("row1", "stranger"))

    def test_another_number_of_rows_than_ids(self, path):
        with h5py.File(path, "r+") as file:
            rows = file["image/features"][:5]
            del file["image/features"]
            file["image/features"] = rows
        with pytest.raises(UserError, match="/image/features and /index/id differ in length"):
            read_features(path)

    @pytest.mark.parametrize("read", [read_features, read_ids, read_class_features, read_encoder])
    def test_an_absent_or_truncated_file(self, path, tmp_path, read):
        with pytest.raises(UserError, match="not found; re-run `dvc repro extract`"):
            read(tmp_path / "absent.h5")
        short = tmp_path / "short.h5"
        shutil.copy(path, short)
        with short.open("r+b") as file:
            file.truncate(path.stat().st_size - 100)
        with pytest.raises(UserError, match="truncated"):
            read(short)

    @pytest.mark.parametrize(
        ("part", "read"),
        [("image", read_features), ("index", read_ids), ("class", read_class_features)],
    )
    def test_a_missing_part(self, path, part, read):
        with h5py.File(path, "r+") as file:
            del file[part]
        with pytest.raises(UserError, match="re-run `dvc repro extract`"):
            read(path)

    def test_a_damaged_encoder_record(self, path):
        with h5py.File(path, "r+") as file:
            del file.attrs["encoder"]
        with pytest.raises(UserError, match="re-run `dvc repro extract`"):
            read_encoder(path)
