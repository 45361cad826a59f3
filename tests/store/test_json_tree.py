"""Whatever is wrong with a JSON file of ours is one line with its name and the remedy."""

import pytest

from xshot.errors import UserError
from xshot.store.json_tree import json_tree


def test_what_is_whole_is_given(tmp_path):
    (tmp_path / "a.json").write_text('{"a": [1, 2]}')
    with json_tree(tmp_path / "a.json", remedy="make it") as tree:
        assert tree == {"a": [1, 2]}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "not found"),
        ("{", "damaged"),
        (b"\xff\xfe\xfd", "damaged"),
        ('{"b": 1}', "damaged.*'a'"),
        ("[]", "damaged"),
        ("3", "damaged"),
        ('{"a": 5}', "damaged"),
    ],
)
def test_what_is_not_is_one_line(tmp_path, content, told):
    path = tmp_path / "a.json"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with (
        pytest.raises(UserError, match=rf"a\.json: {told}.*; make it$") as caught,
        json_tree(path, remedy="make it") as tree,
    ):
        list(tree["a"])
    assert "\n" not in str(caught.value)
