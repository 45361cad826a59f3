"""`xshot index`: what a user types and what comes out."""

import json
import shutil
from pathlib import Path

import pytest

from xshot.errors import UserError


def test_a_folder_is_indexed_then_searched(xshot, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for image in sorted((tmp_path / "copy/raw/images").glob("*.png"))[:5]:
        shutil.copy(image, folder)
    (folder / "broken.jpg").write_text("no picture")
    done = xshot("index", folder)
    assert "data/indexes/photos.h5: 5 images" in done.stdout
    assert "left out: broken.jpg: a text, not a picture" in done.stderr
    answers = json.loads(
        xshot("search", "a bird", "--index", "data/indexes/photos.h5", "--json").stdout
    )
    assert answers["gallery"] == str(folder)
    assert len(answers["answers"]["model"]) == 5
    table = xshot("search", "a bird", "--index", "data/indexes/photos.h5").stdout
    assert "?" in table.splitlines()[2]  # the model's guess, as the folder has no classes


def test_the_search_to_type_next_can_be_typed(xshot, photos):
    told = xshot("index", photos[0]).stdout
    assert "`xshot search --index 'data/indexes/my photos.h5' ...`" in told


def test_folders_of_one_name_do_not_take_each_others_index(xshot, photos):
    first, second = photos
    xshot("index", first)
    message = f"my photos.h5: is the index of {first}; name another file with --out FILE"
    with pytest.raises(UserError, match=message):
        xshot("index", second)
    assert "second.h5: 1 images" in xshot("index", second, "--out", "second.h5").stdout
    assert "my photos.h5: 1 images" in xshot("index", first).stdout


def test_a_damaged_index_is_written_anew(xshot, photos):
    file = Path("data/indexes/my photos.h5")
    file.parent.mkdir()
    file.write_bytes(b"half")
    assert f"{file}: 1 images" in xshot("index", photos[0]).stdout


def test_a_folder_that_no_index_could_name_is_refused_before_anything_is_encoded(xshot, photos):
    folder = photos[0].rename(photos[0].with_name("\udcfe"))
    with pytest.raises(UserError, match="\udcfe: its path is not UTF-8; rename it"):
        xshot("index", folder, "--out", "a.h5")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["/"], "/: has no name for its index; name the file with --out FILE"),
        ([".", "--out", "."], r"^\.: is a folder; name the file to write"),
    ],
)
def test_an_index_needs_a_name(xshot, arguments, message):
    with pytest.raises(UserError, match=message):
        xshot("index", *arguments)
