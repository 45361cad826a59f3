import pytest
from hypothesis import given
from hypothesis import strategies as st

from xshot.datasets.files import list_folder, read_lines, read_text, without_suffix
from xshot.errors import UserError


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_utf8_comes_back_unchanged(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("files") / "a.txt"
    path.write_bytes(text.encode())
    assert read_text(path) == text.removeprefix("\ufeff")


@given(data=st.binary().filter(lambda data: not data.startswith(b"version https://git-lfs")))
def test_any_bytes_become_valid_unicode(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("files") / "a.txt"
    path.write_bytes(data)
    read_text(path).encode()


def test_stray_bytes_are_windows_1252_beside_utf8(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("é".encode() + b"\xe9\x80 " + "ü".encode() + b"\x81")
    assert read_text(path) == "éé€ ü\ufffd"


def test_lines_are_stripped_and_blank_ones_left_out(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfa b\r\n\r\n  c\t\n")
    assert read_lines(path) == ["a b", "c"]


def test_folder_is_sorted_without_hidden_files(tmp_path):
    for name in ("b", ".DS_Store", "a"):
        (tmp_path / name).touch()
    assert [path.name for path in list_folder(tmp_path)] == ["a", "b"]


def test_absent_file_points_to_the_expected_tree(tmp_path):
    with pytest.raises(UserError, match=r"a\.txt: No such file.*src/xshot/datasets"):
        read_text(tmp_path / "a.txt")


@pytest.mark.parametrize(
    ("path", "stem"),
    [("a/b.jpg", "a/b"), ("a.b/c", "a.b/c"), ("/", "/"), ("", ""), ("x.y.z", "x.y")],
)
def test_without_suffix(path, stem):
    assert without_suffix(path) == stem
