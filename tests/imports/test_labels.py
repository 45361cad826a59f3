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


def test_an_empty_string_is_no_label():
    words = np.array(["", "cat", " | ", "owl||cat|"])
    assert label_names(words, None) == ([(), ("cat",), (), ("owl", "cat")], ("cat", "owl"))


@pytest.mark.parametrize(
    ("labels", "count", "called", "names"),
    [
        ([3, 1, 2, 1], None, [3, 1, 2, 1], [1, 2, 3]),
        ([3, 1, 2, 1], 3, [3, 1, 2, 1], [1, 2, 3]),
        ([2, 0], None, [2, 0], [0, 1, 2]),
        ([2, 0], 4, [2, 0], [0, 1, 2, 3]),
    ],
)
def test_classes_without_names_are_called_by_their_own_numbers(labels, count, called, names):
    rows, found = label_names(np.array(labels), None, count)
    assert rows == [(f"class {number}",) for number in called]
    assert found == tuple(f"class {number}" for number in names)


@pytest.mark.parametrize(("names", "count"), [(("a", "b", "c", "d"), None), (None, 4)])
def test_numbers_that_may_be_counted_from_0_or_from_1_are_refused(names, count):
    """Class 0 of four may be empty, or the last."""
    message = "labels: numbers from 1 to 3 of 4 classes may be counted from 0 or from 1; give"
    with pytest.raises(UserError, match=message):
        label_names(np.array([1, 3, 2]), names, count)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.array([0.5, 1]), "whole numbers"),
        (np.array([0, np.nan]), "whole numbers"),
        (np.array([-1, 0]), "numbers from -1"),
        (np.array([0, 3]), "labels: numbers from 0 to 3 of 3 classes"),
        (np.array([1, 4]), "labels: numbers from 1 to 4 of 3 classes"),
        (np.eye(4), "3 class names for labels of 4 columns"),
        (np.eye(2), "3 class names for labels of 2 columns"),
        (np.array([[0, 2, 1], [1, 0, 0]]), "zeros and ones"),
        (np.array([["a", "b"], ["c", "d"]]), "one a row"),
    ],
)
def test_other_forms_are_refused(labels, message):
    with pytest.raises(UserError, match=message):
        label_names(labels, NAMES)


@pytest.mark.parametrize("labels", [np.array([0, 1]), np.eye(2), np.array(["a", "b"])])
def test_names_that_are_alike_are_refused(labels):
    with pytest.raises(UserError, match="class_names: 'a' is there twice"):
        label_names(labels, ("a", "a"))
