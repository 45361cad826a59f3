"""Arrays become rows with ids, pictures and splits, or are refused by name and row."""

import logging

import numpy as np
import pytest
import torch

from xshot.errors import UserError
from xshot.model.pairs import make_pairs

NAMES = ("cat", "dog")


@pytest.fixture
def rows():
    return np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)


def pairs_of(rows, labels=("cat", "dog", "cat", "dog", "cat"), **changes):
    given = {
        "images": rows,
        "texts": rows[::-1],
        "labels": list(labels),
        "class_names": NAMES,
        "ids": None,
        "split": None,
        "dimensions": 4,
        "source": "fit",
    } | changes
    return make_pairs(**given)


def test_rows_are_scaled_to_unit_norm_and_stay_in_order(rows):
    pairs = pairs_of(rows)
    assert pairs.manifest.splits == ("train",) * 5
    assert pairs.manifest.classes == NAMES
    expected = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    np.testing.assert_allclose(pairs.features.image, expected, atol=1e-7)
    np.testing.assert_allclose(pairs.features.text, expected[::-1], atol=1e-7)
    again = pairs.read((pairs.features.ids[3], pairs.features.ids[0]))
    assert again.image.tobytes() == pairs.features.image[[3, 0]].tobytes()


@pytest.mark.parametrize(
    "convert",
    [torch.from_numpy, np.float64, np.float16, lambda rows: rows.tolist(), np.asfortranarray],
)
def test_arrays_of_any_kind_give_the_same(rows, convert):
    wanted = pairs_of(rows).features.image
    given = convert(rows)
    if isinstance(given, torch.Tensor):
        given = given.requires_grad_()
    found = pairs_of(rows, images=given).features.image
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, atol=1e-3 if convert is np.float16 else 1e-7)


def column(rows):
    """A column of embeddings, as pandas has it: an array of arrays."""
    found = np.empty(len(rows), object)
    found[:] = list(rows)
    return found


@pytest.mark.parametrize("convert", [column, lambda rows: rows.astype(object)])
def test_objects_that_are_numbers_are_taken(rows, convert):
    wanted = pairs_of(rows).features.image
    np.testing.assert_allclose(
        pairs_of(rows, images=convert(rows)).features.image, wanted, atol=1e-7
    )


def test_bfloat16_is_taken(rows):
    given = torch.from_numpy(rows).bfloat16()
    assert pairs_of(rows, images=given).features.image.dtype == np.float32


def test_rows_of_one_id_are_one_picture_with_several_texts(rows):
    images = rows[[0, 1, 0, 3, 0]]
    pairs = pairs_of(rows, images=images, ids=["a", "b", "a", 7, "a"])
    assert pairs.manifest.ids == ("a", "b", "a#2", "7", "a#3")
    assert pairs.manifest.images == ("0", "1", "0", "2", "0")


def test_a_picture_carries_the_labels_of_all_its_rows_which_is_said(rows, caplog):
    pairs = pairs_of(
        rows, ["cat", "dog", "dog", "dog", "cat"], images=rows[[0, 1, 0, 3, 4]], ids=list("abacd")
    )
    assert pairs.manifest.labels[0] == pairs.manifest.labels[2] == ("cat", "dog")
    assert "fit: 1 picture stands in several rows with different labels" in caplog.text


def test_rows_without_a_label_are_left_out_which_is_said(rows, caplog):
    with caplog.at_level(logging.WARNING):
        pairs = pairs_of(rows, ["cat", "", "cat", "", "dog"])
    assert pairs.features.ids == ("row-000000", "row-000002", "row-000004")
    assert "fit: 2 rows without a label are left out" in caplog.text


def test_a_name_may_be_anything_that_no_path_may_be(rows):
    assert pairs_of(rows, ids=["/a", "../b", "c:\\d", "e/f", "g"]).manifest.ids[1] == "../b"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"images": np.ones((5, 3))}, r"images: 3 dimensions where 4 are expected"),
        ({"texts": np.ones((5, 3))}, r"texts: 3 dimensions where 4 are expected"),
        ({"images": np.ones(5)}, r"images: expected numbers of shape \(rows, dimensions\), found"),
        ({"images": column([[1, 2], [3]])}, r"images: expected numbers"),
        ({"images": [["a"] * 4] * 5}, r"images: expected numbers"),
        ({"images": [[1, 2], [3]]}, r"images: rows of unlike lengths"),
        ({"images": np.ones((0, 4))}, r"images: empty"),
        ({"images": np.zeros((5, 4))}, r"images: row 1 is zero or not finite"),
        ({"texts": np.full((5, 4), np.nan)}, r"texts: row 1 is zero or not finite"),
        ({"images": np.ones((4, 4))}, r"4 images and 5 texts; row i of both must be pair i"),
        ({"ids": ["a"]}, r"ids: 1 for 5 rows"),
        ({"ids": ["a", "a", "b", "c", "d"]}, r"ids: rows 1 and 2 are both 'a', but other image"),
        ({"split": ["train"]}, r"split: 1 for 5 rows"),
        ({"split": ["train", "val", "test", "train", "train"]}, r"split: row 2 is 'val'; write"),
        ({"ids": ["", "b", "c", "d", "e"]}, r"fit: row 1 \(id ''\): the id is empty"),
        ({"ids": ["a\nb", "b", "c", "d", "e"]}, r"control character"),
        ({"images": None}, r"images: expected an array, found NoneType"),
    ],
)
def test_what_does_not_fit_is_named_in_one_line(rows, changes, complaint):
    with pytest.raises(UserError, match=complaint) as caught:
        pairs_of(rows, **changes)
    assert "\n" not in str(caught.value)


def test_a_picture_on_both_sides_of_the_split_is_refused(rows):
    with pytest.raises(UserError, match="split: picture 'a' is in train and in test"):
        pairs_of(
            rows,
            images=rows[[0, 0, 2, 3, 4]],
            ids=list("aabcd"),
            split=["train", "test", "train", "train", "train"],
        )
