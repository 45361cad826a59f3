"""Labels in every form."""

import numpy as np
import pytest

from xshot.errors import UserError
from xshot.imports.labels import label_names

NAMES = ("cat", "dog", "owl")


@pytest.mark.parametrize(
    "labels",
    [
        np.array([0, 2, 1]),
        np.array([[0], [2], [1]]),
        np.array([[0.0, 2.0, 1.0]]),
        np.array([1, 3, 2], np.uint8),
        np.eye(3)[[0, 2, 1]],
        np.array(["cat", "owl", "dog"]),
    ],
)
def test_single_labels(labels):
    assert label_names(labels, NAMES) == ([("cat",), ("owl",), ("dog",)], NAMES)


def test_several_labels():
    hot = np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0]], bool)
    assert label_names(hot, NAMES)[0] == [("cat", "owl"), (), ("dog",)]
    words = np.array(["owl | cat", "dog", "owl|owl"])
    assert label_names(words, None) == ([("owl", "cat"), ("dog",), ("owl",)], NAMES)


def test_classes_without_names_are_called_by_number():
    assert label_names(np.array([1, 2]), None) == (
        [("class 0",), ("class 1",)],
        ("class 0", "class 1"),
    )


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.array([0.5, 1]), "whole numbers"),
        (np.array([0, np.nan]), "whole numbers"),
        (np.array([-1, 0]), "numbers from -1"),
        (np.array([0, 3]), "3 class names, some alike or too few, for 4"),
        (np.array([[0, 2, 1], [1, 0, 0]]), "zeros and ones"),
        (np.array([["a", "b"], ["c", "d"]]), "one a row"),
    ],
)
def test_other_forms_are_refused(labels, message):
    with pytest.raises(UserError, match=message):
        label_names(labels, NAMES)
