"""Pictures with several texts: an index of pictures, or ids that repeat."""

import numpy as np
import pytest

from tests.imports.test_dataset import IMAGE, TEXT, WHOLE, made, unit
from xshot.datasets.adapters import build_manifest
from xshot.errors import UserError
from xshot.imports.folder import write_folder

INDEX = np.array([0, 2, 1, 0, 2, 2])
PICTURES = {"image": IMAGE[:3], "image_of_text": INDEX, "labels": np.array([0, 1, 2])}


def shown(result):
    """Which rows show one picture."""
    first = {}
    return [first.setdefault(row.image, place) for place, row in enumerate(result.rows)]


@pytest.mark.parametrize("first", [0, 1])
def test_each_text_has_the_picture_and_the_labels_that_the_index_says(first):
    result = made(**{**PICTURES, "image_of_text": INDEX + first})
    assert shown(result) == [0, 1, 2, 0, 1, 1]
    np.testing.assert_allclose(result.features.image, unit(IMAGE[INDEX]), atol=1e-7)
    np.testing.assert_allclose(result.features.text, unit(TEXT), atol=1e-7)
    names = np.array(["owl", "cat", "dog"])[INDEX]
    assert [row.labels for row in result.rows] == [(name,) for name in names]
    assert len({row.id for row in result.rows}) == 6


def test_labels_may_be_of_the_texts():
    result = made(**{**PICTURES, "labels": np.array([2, 1, 0, 2, 1, 1])})
    assert [row.labels[0] for row in result.rows] == ["dog", "cat", "owl", "dog", "cat", "cat"]


def test_ids_of_pictures_name_them():
    result = made(**PICTURES, ids=np.array(["a.jpg", "b.jpg", "c.jpg"]))
    assert [row.image for row in result.rows] == [f"{'acb'[i]}.jpg" for i in (0, 1, 2, 0, 1, 1)]
    assert [row.id for row in result.rows][3:] == ["a.jpg#2", "c.jpg#2", "c.jpg#3"]


def test_parts_have_an_index_each():
    arrays = {
        "I_tr": IMAGE[:2],
        "T_tr": TEXT[:4],
        "L_tr": np.array([0, 1]),
        "train_image_of_text": np.array([1, 0, 1, 0]),
        "I_te": IMAGE[2:4],
        "T_te": TEXT[4:],
        "L_te": np.array([2, 0]),
        "test_image_of_text": np.array([0, 0]),
    }
    result = made(image=None, text=None, labels=None, **arrays)
    assert [row.split for row in result.rows] == ["train"] * 4 + ["test"] * 2
    assert shown(result) == [0, 1, 0, 1, 4, 4]
    expected = unit(IMAGE[[1, 0, 1, 0, 2, 2]])
    np.testing.assert_allclose(result.features.image, expected, atol=1e-7)


@pytest.mark.parametrize(
    "ids", [np.array([5, 9, 5, 7, 9, 9]), np.array(["x", "y", "x", "z", "y", "y"])]
)
def test_equal_image_ids_are_one_picture(ids):
    image = IMAGE[[0, 1, 0, 3, 1, 1]]
    result = made(image=image, image_ids=ids)
    assert shown(result) == [0, 1, 0, 3, 1, 1]
    assert len({row.id for row in result.rows}) == 6


def test_a_picture_carries_the_labels_of_all_its_texts_after_prepare(tmp_path):
    result = made(image=IMAGE[[0, 1, 0, 3, 1, 1]], image_ids=np.array([5, 9, 5, 7, 9, 9]))
    write_folder(tmp_path, result, ())
    manifest = build_manifest("imported", tmp_path, split_seed=0, test_fraction=0.4, min_test=1)
    assert manifest.labels[0] == manifest.labels[2] == ("owl", "dog")
    assert manifest.labels[1] == manifest.labels[5] == ("cat", "dog")
    assert len(manifest) == 6
    assert manifest.classes == ("owl", "cat", "dog")
    sides = dict(zip(manifest.images, manifest.splits, strict=True))
    assert [sides[image] for image in manifest.images] == list(manifest.splits)


def test_ids_of_images_that_differ_are_not_used():
    result = made(image_ids=np.array([5, 9, 5, 7, 9, 9]))
    assert shown(result) == list(range(6))
    assert any("rows 1 and 3 have one, but other image features" in told for told in result.notices)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({**PICTURES, "image_of_text": INDEX[:5]}, "image_of_text: 5 places for 6 rows of texts"),
        ({**PICTURES, "image_of_text": INDEX + 2}, "places from 2 to 4 of 3 pictures; count them"),
        ({**PICTURES, "image_of_text": INDEX - 1}, "places from -1 to 1 of 3 pictures"),
        ({"image": IMAGE[:3]}, "if pictures have several texts, add image_of_text"),
        ({**PICTURES, "captions": np.array(["a"] * 5)}, "captions: 5"),
    ],
)
def test_what_does_not_fit_is_told(changes, message):
    with pytest.raises(UserError, match=message):
        made(**{name: array for name, array in {**WHOLE, **changes}.items() if array is not None})
