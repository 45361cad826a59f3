"""What a path that is not there may have been meant for is found, or hinted at."""

import shutil
import unicodedata
from pathlib import Path

import pytest

from xshot.namesakes import hint, namesake


@pytest.mark.parametrize("stored", ["NFC", "NFD"])
@pytest.mark.parametrize("asked", ["NFC", "NFD"])
def test_names_in_another_unicode_form_are_found(tmp_path, stored, asked):
    folder, name = (unicodedata.normalize(stored, text) for text in ("Füße", "é 각.png"))
    (tmp_path / folder).mkdir()
    (tmp_path / folder / name).touch()
    path = (
        tmp_path / unicodedata.normalize(asked, "Füße") / unicodedata.normalize(asked, "é 각.png")
    )
    if stored != asked:
        assert not path.exists()
        assert "another Unicode form" in hint(path)
    assert namesake(path) == tmp_path / folder / name


def test_other_capitals_are_hinted_at_and_others_are_not(tmp_path):
    (tmp_path / "IMG_1.JPG").touch()
    assert namesake(tmp_path / "img_1.jpg") is None
    assert hint(tmp_path / "img_1.jpg") == f" (but {tmp_path / 'IMG_1.JPG'} is)"
    assert hint(tmp_path / "img_2.jpg") == ""
    assert hint(tmp_path / "no folder" / "a\0.jpg") == ""


@pytest.mark.parametrize("name", ["a%20b.jpg", "'a b.jpg'", " a b.jpg", "“a b.jpg”", "<a b.jpg>"])
def test_names_that_a_program_wrote_otherwise_are_hinted_at(tmp_path, name):
    (tmp_path / "a b.jpg").touch()
    assert hint(tmp_path / name) == f" (but {tmp_path / 'a b.jpg'} is)"
    assert namesake(tmp_path / name) is None


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("~/pictures", "write the whole path"),
        ("/data/~/a.jpg", "write the whole path"),
        ("$HOME/pictures", "write the whole path"),
        (r"C:\Users\me", "a path of Windows"),
        ("s3://bucket/pictures", "an address, not a path"),
        ("/data/pictures~", ""),
    ],
)
def test_what_is_no_path_here_is_called_that(path, told):
    assert (told in hint(Path(path))) if told else hint(Path(path)) == ""


def test_what_dvc_keeps_elsewhere_is_hinted_at(tmp_path):
    (tmp_path / "images.dvc").touch()
    assert f"`dvc pull {tmp_path / 'images.dvc'}`" in hint(tmp_path / "images")


@pytest.mark.parametrize("form", ["zip", "tar", "gztar"])
def test_archives_are_hinted_at(tmp_path, form):
    (tmp_path / "images").mkdir()
    archive = shutil.make_archive(str(tmp_path / "all"), form, tmp_path / "images")
    assert hint(Path(archive)) == " (it is an archive; unpack it)"
    assert hint(Path(__file__)) == " (it is a file)"
