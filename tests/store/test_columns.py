"""A column gives what a tuple of the same rows gives."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xshot.store.columns import Column

STRINGS = st.lists(st.text(st.characters(codec="utf-8"), max_size=3), max_size=12)


def in_chunks(rows):
    """A column of Arrow chunks, as a file gives it."""
    return Column(pa.chunked_array([rows[:5], rows[5:]], pa.string()))


@given(rows=STRINGS, first=st.integers(0, 12), last=st.integers(0, 12))
@pytest.mark.parametrize("make", [Column.of, in_chunks])
def test_reads_as_a_tuple(make, rows, first, last):
    column = make(rows)
    assert (len(column), list(column), column) == (len(rows), rows, tuple(rows))
    assert column[first:last] == rows[first:last]
    assert [column[row] for row in range(len(rows))] == rows
    assert column != [*rows, "another"]
    if rows:
        assert column[-1] == rows[-1]
        assert column != [*rows[:-1], rows[-1] + "else"]


@given(rows=STRINGS, others=STRINGS)
@pytest.mark.parametrize("make", [Column.of, in_chunks])
def test_each_string_once_in_order_and_where_it_stands(make, rows, others):
    distinct, places = make(rows).followed_by(others).distinct()
    assert distinct == tuple(dict.fromkeys([*rows, *others]))
    assert [distinct[place] for place in places.tolist()] == [*rows, *others]


@pytest.mark.parametrize("make", [Column.of, in_chunks])
def test_takes_rows_in_any_order(make):
    column = make([str(row) for row in range(9)])
    assert column.take(np.array([7, 0, 7])) == ("7", "0", "7")
    assert len(column.take(np.array([], np.int64))) == 0


def test_lists_come_as_tuples():
    labels = Column(pa.array([["a"], ["b", "c"]]))
    assert list(labels) == [("a",), ("b", "c")]
    assert labels[1] == ("b", "c")


def test_many_rows_come_in_order():
    assert list(Column.of(strings := [str(row) for row in range(9000)])) == strings
