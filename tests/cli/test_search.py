"""`xshot search` and `xshot index`: what a user types and what comes out."""

import json
import re
import shutil
import sys

import pytest
from typer.testing import CliRunner

from xshot.cli.main import build
from xshot.errors import UserError


@pytest.fixture
def xshot(repository, tmp_path, monkeypatch):
    """Runs a command in a copy of the repository; errors come through as they are."""
    folder = shutil.copytree(repository, tmp_path / "copy", symlinks=True)
    monkeypatch.chdir(folder)

    def run(command, *arguments):
        done = CliRunner().invoke(build([command]), [command, *map(str, arguments)])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    return run


def test_a_table_has_a_line_per_answer(xshot):
    lines = xshot("search", "a red bird", "--top", 3).stdout.splitlines()
    assert lines[0] == "model"
    assert lines[1].split() == ["score", "image", "classes", "text"]
    assert [line.split()[0] for line in lines[2:]] == ["1", "2", "3"]
    scores = [float(line.split()[1]) for line in lines[2:]]
    assert scores == sorted(scores, reverse=True)


def test_clip_and_the_model_side_by_side_as_json(xshot):
    tree = json.loads(xshot("search", "a red bird", "--system", "both", "--json").stdout)
    assert tree["query"] == "a red bird"
    assert list(tree["answers"]) == ["model", "clip"]
    assert all(len(hits) == 12 for hits in tree["answers"].values())
    assert tree["answers"]["model"][0].keys() == tree["answers"]["clip"][0].keys()
    one = json.loads(xshot("search", "a red bird", "--system", "clip", "--json").stdout)
    assert one["answers"] == {"clip": tree["answers"]["clip"]}


def test_the_page_shows_the_pictures_and_needs_nothing_else(xshot, tmp_path):
    page = tmp_path / "answers.html"
    query = '<b>"red" & bird</b>'
    assert str(page) in xshot("search", query, "--top", 4, "--html", page).stdout
    html = page.read_text(encoding="utf-8")
    assert html.count('<img src="data:image/jpeg;base64,') == 4
    assert query not in html
    assert "&lt;b&gt;" in html
    assert not re.findall(r"(?:src|href)=\"(?!data:)|url\(|@import", html)


def test_an_image_asks(xshot, tmp_path):
    image = next(iter(sorted((tmp_path / "copy/raw/images").glob("*.png"))))
    done = xshot("search", "--image", image, "--find", "image", "--system", "clip", "--top", 1)
    assert len(done.stdout.splitlines()) == 3


@pytest.mark.parametrize("arguments", [[], ["a bird", "--image", "cat.png"]])
def test_one_query_is_asked_for(xshot, arguments):
    with pytest.raises(UserError, match="give one query"):
        xshot("search", *arguments)


def test_without_its_extra_the_server_says_what_to_install(xshot, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("xshot.serve")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(UserError, match=r"uvicorn: type `pip install 'xshot\[serve\]'`"):
        xshot("serve")


def test_a_folder_is_indexed_then_searched(xshot, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for image in sorted((tmp_path / "copy/raw/images").glob("*.png"))[:5]:
        shutil.copy(image, folder)
    (folder / "broken.jpg").write_text("no picture")
    done = xshot("index", folder)
    assert "data/indexes/photos.h5: 5 images" in done.stdout
    assert "left out: broken.jpg: not an image" in done.stderr
    answers = json.loads(
        xshot("search", "a bird", "--index", "data/indexes/photos.h5", "--json").stdout
    )
    assert answers["gallery"] == str(folder)
    assert len(answers["answers"]["model"]) == 5
    table = xshot("search", "a bird", "--index", "data/indexes/photos.h5").stdout
    assert "?" in table.splitlines()[2]  # the model's guess, as the folder has no classes
