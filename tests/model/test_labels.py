"""Labels in every form that memory holds them in come out as names."""

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix

from xshot.errors import UserError
from xshot.model.labels import class_names_of, rows_of_names

NAMES = ("cat", "dog", "owl")
WANTED = [("dog",), ("cat",), ("dog",), ("owl",)]
ONE_HOT = np.eye(3, dtype=int)[[1, 0, 1, 2]]


class Series:
    """What pandas gives: an array of objects behind `dtype` and `__array__`."""

    def __init__(self, values):
        self._values = np.empty(len(values), object)
        self._values[:] = values
        self.dtype = self._values.dtype

    def __iter__(self):
        return iter(self._values)

    def __array__(self, dtype=None, copy=None):
        return self._values


@pytest.mark.parametrize(
    "labels",
    [
        ["dog", "cat", "dog", "owl"],
        np.array(["dog", "cat", "dog", "owl"]),
        np.array([["dog"], ["cat"], ["dog"], ["owl"]]),
        Series(["dog", "cat", "dog", "owl"]),
        [["dog"], ["cat"], ("dog",), {"owl"}],
        [1, 0, 1, 2],
        np.array([1.0, 0.0, 1.0, 2.0]),
        torch.tensor([1, 0, 1, 2]),
        ONE_HOT,
        ONE_HOT.astype(bool),
        ONE_HOT.tolist(),
        torch.from_numpy(ONE_HOT).float(),
        csr_matrix(ONE_HOT),
        torch.from_numpy(ONE_HOT).to_sparse(),
        np.ma.masked_array([1, 0, 1, 2]),
    ],
)
def test_every_form_gives_names(labels):
    assert rows_of_names(labels, NAMES, 4) == WANTED


class NAType:
    """As pandas' NA: neither equal nor unlike to anything, and no truth."""

    def __eq__(self, _):
        return self

    def __bool__(self):
        raise TypeError("boolean value of NA is ambiguous")

    __ne__, __hash__ = __eq__, object.__hash__


@pytest.mark.parametrize("gap", [None, float("nan"), np.float32("nan"), NAType(), ""])
def test_a_gap_is_a_row_without_a_label(gap):
    for labels in (["dog", gap, "owl"], Series(["dog", gap, "owl"]), [["dog"], gap, "owl"]):
        assert rows_of_names(labels, NAMES, 3) == [("dog",), (), ("owl",)]
    if not isinstance(gap, str):
        assert rows_of_names(Series([1, gap, 2]), NAMES, 3) == [("dog",), (), ("owl",)]


@pytest.mark.parametrize(
    "labels",
    [
        ["cat|owl", "", "dog"],
        [["cat", "owl"], [], ["dog"]],
        [("cat", "owl"), "", "dog"],
        Series([["cat", "owl"], [], ["dog"]]),
        [[1, 0, 1], [0, 0, 0], [0, 1, 0]],
    ],
)
def test_rows_have_several_classes_or_none(labels):
    assert rows_of_names(labels, NAMES, 3) == [("cat", "owl"), (), ("dog",)]


def test_numbers_are_places_from_0_whichever_of_them_are_there():
    """Unlike in files, whose numbers may count from 1: a part of the rows must be read alike."""
    assert rows_of_names([1, 1], NAMES, 2) == [("dog",), ("dog",)]
    assert rows_of_names([1, 2], NAMES, 2) == [("dog",), ("owl",)]


@pytest.mark.parametrize(
    ("labels", "complaint"),
    [
        (["cat"], r"labels: 1 for 2 rows; give one for each"),
        (["cat", "cow"], r"labels: label 'cow' is not among class_names"),
        ([0, 3], r"labels: row 2 is 3, which is no place among 3 classes; .* 0 to 2"),
        ([-1, 0], r"labels: row 1 is -1, which is no place"),
        ([0.5, 1.0], r"labels: row 1 is 0.5"),
        ([float("inf"), 1.0], r"labels: row 1 is inf"),
        (Series(["cat", 3]), r"labels: row 2 is 3; give a name, or ''"),
        ([None, None], r"labels: no row has one"),
        ([[1, 0], [0, 1]], r"3 class names for labels of 2 columns"),
        ([[2, 0, 0], [0, 1, 0]], r"must hold zeros and ones"),
        ([[1, 0, 0], [0, 1]], r"labels: rows of unlike lengths"),
        (None, r"labels: expected an array, found NoneType"),
        (["", ""], r"labels: no row has one"),
    ],
)
def test_other_forms_are_refused_in_one_line(labels, complaint):
    with pytest.raises(UserError, match=complaint) as caught:
        rows_of_names(labels, NAMES, 2)
    assert "\n" not in str(caught.value)


class TestClassNames:
    def test_without_names_classes_are_called_by_their_numbers(self):
        assert class_names_of(None, np.array([0, 1]), 2) == ("class 0", "class 1")

    @pytest.mark.parametrize("names", [NAMES, list(NAMES), np.array(NAMES), Series(NAMES)])
    def test_given_names_keep_their_order(self, names):
        assert class_names_of(names, ["cat"], 3) == NAMES

    @pytest.mark.parametrize(
        ("names", "complaint"),
        [
            (None, "class_names: whose rows are class_features"),
            (["cat", "dog"], "class_names: 2 for 3 class_features"),
            (["cat", "dog", "cat"], "class_names: 'cat' is there twice"),
            (["cat", " ", "dog"], "class_names: row 2 is empty"),
            (["cat", "a|b", "dog"], r"class_names: 'a\|b' holds '\|'"),
        ],
    )
    def test_names_that_do_not_fit_are_refused(self, names, complaint):
        with pytest.raises(UserError, match=complaint):
            class_names_of(names, ["cat"], 3)
