"""Tables of any rows, in any form that spreadsheets write, are read as they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.brought.tables import COLUMNS, table
from xshot.datasets.tables import read_table
from xshot.errors import UserError

# Rows of nothing that can be seen are passed over: DOS ends a file with U+001A.
CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")).filter(
    lambda text: any(not (one.isspace() or one in "\ufeff\u200b\u2060\x1a") for one in text)
)


@given(
    rows=st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, CELL)), min_size=1),
    delimiter=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    extra=st.integers(0, 2),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_any_rows_in_any_form(tmp_path_factory, rows, delimiter, encoding, extra, end):
    path = tmp_path_factory.mktemp("table") / "manifest.csv"
    path.write_bytes(table(rows, delimiter, end, extra=extra).encode(encoding))
    read = list(read_table(path, required=COLUMNS))
    assert [*map(without_spaces, read)] == [*map(without_spaces, rows)]


def without_spaces(row):
    """People type them after commas; no reader of tables here counts them."""
    return {name: cell.lstrip(" ") for name, cell in row.items()}


def test_short_rows_lack_optional_cells_only(tmp_path):
    path = tmp_path / "manifest.csv"
    path.write_text("image,text,label,split\na.jpg,t,cat\n")
    assert list(read_table(path, required=COLUMNS, optional=("split",))) == [
        {"image": "a.jpg", "text": "t", "label": "cat", "split": ""}
    ]
    path.write_text("image,text,label\na.jpg,t\n")
    with pytest.raises(UserError, match="row 1 has 2 fields, the header 3; quote texts"):
        list(read_table(path, required=COLUMNS))
    path.write_text("image,text,label\na.jpg,t,cat,more\n")
    with pytest.raises(UserError, match="row 1 has 4 fields, the header 3; quote texts"):
        list(read_table(path, required=COLUMNS))
