import os
import unicodedata
from io import BytesIO

import pytest
from PIL import Image

from xshot.datasets.images import FirstLook, check_images
from xshot.errors import UserError

# every raster format that Pillow writes and that people keep pictures in
FORMATS = ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "AVIF", "JPEG2000"]


def check(root, *images):
    return check_images(root, images, [f"id{i}" for i in range(len(images))])


@pytest.mark.parametrize("kind", FORMATS)
def test_formats_are_known_even_when_truncated(tmp_path, kind):
    buffer = BytesIO()
    try:
        Image.new("RGB", (8, 8), "red").save(buffer, kind)
    except (KeyError, OSError):
        pytest.skip(f"this Pillow does not write {kind}")
    (tmp_path / "whole").write_bytes(buffer.getvalue())
    (tmp_path / "cut").write_bytes(buffer.getvalue()[:20])
    assert check(tmp_path, "whole", "cut") == FirstLook()


def test_suspects_are_named_by_place(tmp_path):
    contents = {
        "empty": b"",
        "html": b"<!doctype html>",
        "riff": b"RIFF\0\0\0\0WAVE",
        "zero": bytes(99),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "good").write_bytes(b"\xff\xd8\xff\xe0")
    assert check(tmp_path, "empty", "good", "html", "riff", "zero", "good").suspects == {
        0: "empty, 0 bytes; get it again",
        2: "a web page, as a failed download leaves one; download the picture again",
        3: "",
        4: "nothing but zeros, as a broken copy leaves; get it again",
    }


def test_absent_pictures_are_counted_and_the_first_is_named(tmp_path, jpg):
    (tmp_path / "a.jpg").write_bytes(jpg)
    with pytest.raises(
        UserError, match=r"row 2 \(id 'id1'\).*'b.jpg' \(and 1 more\): No such file"
    ):
        check(tmp_path, "a.jpg", "b.jpg", "a.jpg", "c.jpg")


def test_more_pictures_than_one_batch(tmp_path, jpg):
    (tmp_path / "a.jpg").write_bytes(jpg)
    (tmp_path / "b.txt").write_bytes(b"\1" * 4)
    images = ["a.jpg"] * 2500
    images[1700] = "b.txt"
    assert check(tmp_path, *images).suspects == {1700: ""}
    images[2400] = "c.jpg"
    with pytest.raises(UserError, match=r"row 2401 \(id 'id2400'\)"):
        check(tmp_path, *images)


def test_folder_and_pipe_are_not_pictures(tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("folder", "pipe"):
        with pytest.raises(UserError, match=rf"'{name}': a .*, not a file; name a"):
            check(tmp_path, name)


def test_link_out_of_the_root_is_fine(tmp_path, jpg):
    (tmp_path / "real.jpg").write_bytes(jpg)
    root = tmp_path / "root"
    root.mkdir()
    (root / "link.jpg").symlink_to(tmp_path / "real.jpg")
    assert check(root, "link.jpg") == FirstLook()


@pytest.mark.parametrize("stored", ["NFC", "NFD"])
def test_names_in_another_unicode_form_are_found(tmp_path, jpg, stored):
    other = {"NFC": "NFD", "NFD": "NFC"}[stored]
    names = [f"Fotos/é {number}.jpg" for number in range(3)]
    (tmp_path / "Fotos").mkdir()
    for name in names:
        (tmp_path / unicodedata.normalize(stored, name)).write_bytes(jpg)
    assert check(tmp_path, *(unicodedata.normalize(stored, name) for name in names)) == FirstLook()
    look = check(tmp_path, *(unicodedata.normalize(other, name) for name in names))
    assert look.spelt == {
        place: unicodedata.normalize(stored, name) for place, name in enumerate(names)
    }


def test_a_name_in_other_capitals_is_hinted_at(tmp_path, jpg):
    (tmp_path / "IMG.JPG").write_bytes(jpg)
    with pytest.raises(
        UserError, match=r"'img.jpg': No such file .*\(but .*IMG.JPG is\); complete"
    ):
        check(tmp_path, "img.jpg")


def test_a_pointer_in_place_of_a_picture_is_called_that(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    assert "git lfs pull" in check(tmp_path, "a.jpg").suspects[0]
