from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xshot.datasets import same_bytes as module
from xshot.datasets.same_bytes import same_bytes


@given(st.lists(st.binary(max_size=3), max_size=12))
def test_groups_are_those_of_equal_content(contents):
    with TemporaryDirectory() as folder:
        names = [f"{number}.png" for number in range(len(contents))]
        for name, content in zip(names, contents, strict=True):
            (Path(folder) / name).write_bytes(content)
        found = same_bytes(Path(folder), names)
    expected = {}
    for name, content in zip(names, contents, strict=True):
        if content:
            expected.setdefault(content, []).append(name)
    assert sorted(found) == sorted(group for group in expected.values() if len(group) > 1)


@pytest.mark.parametrize("place", [0, 5000, 9999])
def test_files_that_differ_in_one_byte_are_two(tmp_path, place):
    content = bytearray(10_000)
    (tmp_path / "a.png").write_bytes(content)
    content[place] = 1
    (tmp_path / "b.png").write_bytes(content)
    assert same_bytes(tmp_path, ["a.png", "b.png"]) == []


def test_only_files_of_equal_size_are_opened(tmp_path, monkeypatch):
    for number in range(4):
        (tmp_path / f"{number}.png").write_bytes(b"x" * (10 + min(number, 2)))
    opened = []
    sample = module._sample
    monkeypatch.setattr(module, "_sample", lambda path: opened.append(path) or sample(path))
    assert same_bytes(tmp_path, [f"{number}.png" for number in range(4)]) == [["2.png", "3.png"]]
    assert sorted(Path(path).name for path in opened) == ["2.png", "3.png"]


def test_what_cannot_be_read_is_like_no_other(tmp_path):
    (tmp_path / "a.png").write_bytes(b"same")
    (tmp_path / "b.png").symlink_to("nowhere")
    (tmp_path / "c.png").symlink_to("a.png")
    assert same_bytes(tmp_path, ["a.png", "b.png", "c.png"]) == [["a.png", "c.png"]]
