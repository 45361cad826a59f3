"""`xshot index --store lance`: what a user types and what comes out."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from xshot.errors import UserError
from xshot.search.index import read_index

OUT = "data/indexes/my photos.lance"


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "my photos"
    folder.mkdir()
    for image in sorted((tmp_path / "copy/raw/images").glob("*.png"))[:6]:
        shutil.copy(image, folder)
    return folder


def images(done):
    return [hit["image"] for hit in json.loads(done.stdout)["answers"]["model"]]


def test_a_folder_is_indexed_searched_and_brought_up_to_date(xshot, photos):
    (photos / "broken.jpg").write_text("no picture")
    done = xshot("index", photos, "--store", "lance")
    assert (
        f"{OUT}: 6 images (6 new, 0 gone); search with `xshot search --index 'data/" in done.stdout
    )
    assert "left out: broken.jpg: " in done.stderr
    xshot("index", photos)
    ask = ("search", "a bird", "--json", "--index")
    stored, exact = (images(xshot(*ask, where)) for where in (OUT, "data/indexes/my photos.h5"))
    assert stored == exact
    assert images(xshot(*ask, OUT, "--where", f"path = '{stored[2]}'")) == [stored[2]]
    (photos / stored[0]).unlink()
    shutil.copy(photos / stored[1], photos / "copy.png")
    shutil.copy(photos / stored[1], photos / stored[2])  # of other content now
    told = xshot("index", photos, "--store", "lance").stdout
    assert f"{OUT}: 6 images (2 new, 2 gone)" in told
    assert sorted(images(xshot(*ask, OUT))) == sorted([*stored[1:], "copy.png"])
    assert "embeddings: 6 rows" in xshot("export", "--to", "embeddings", "--index", OUT).stdout
    name = images(xshot(*ask, OUT))[0]
    suggested = xshot("suggest", "a new one", "--index", OUT, "--confirmed", name, "--json")
    assert len(json.loads(suggested.stdout)["suggestions"]) == 3


def test_another_model_needs_no_picture(xshot, photos):
    xshot("index", photos, "--store", "lance", "--dtype", "float16")
    shutil.rmtree(photos)
    config = Path("models/projector/config.json")
    config.write_text(config.read_text() + "\n")
    with pytest.raises(UserError, match=f"type `xshot index --refresh --out '{OUT}'`"):
        xshot("search", "a bird", "--index", OUT)
    told = xshot("index", "--refresh", "--out", OUT).stdout
    assert told == f"{OUT}: 6 images, embedded by models/projector\n"
    assert len(images(xshot("search", "a bird", "--index", OUT, "--json"))) == 6


def test_ready_made_features_are_indexed(xshot, photos):
    xshot("index", photos)
    index = "data/indexes/my photos.h5"
    xshot("export", "--to", "embeddings", "--system", "clip", "--index", index)
    told = xshot("index", "--features", "embeddings").stdout
    out = "data/indexes/embeddings.lance"
    assert f"{out}: 6 images (6 new, 0 gone)" in told
    exact, stored = (
        images(xshot("search", "a bird", "--json", "--index", where)) for where in (index, out)
    )
    assert stored == [str(photos / name) for name in exact]
    np.save("a.npy", read_index(Path(index)).features["image"])
    assert "a.lance: 6 images (6 new" in xshot("index", "--features", "a.npy").stdout
    np.save("b.npy", np.ones((3, 5), np.float32))
    with pytest.raises(UserError, match=r"b.npy: features of 5 dimensions, by another encoder"):
        xshot("index", "--features", "b.npy")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name a folder of images"),
        (["--refresh"], "name a folder of images"),
        (["raw", "--store", "hdf5", "--refresh"], "are for tables: give --store lance"),
        (["raw", "--dtype", "float16"], "--dtype is for tables: give --store lance"),
        (["raw", "--store", "lance", "--out", "data"], "data: a folder of something else"),
        (["raw", "--refresh", "--out", "no.lance"], "no.lance: no gallery on disk"),
        (["/", "--store", "lance"], "/: has no name for its index"),
    ],
)
def test_what_cannot_be_is_one_line(xshot, arguments, message):
    with pytest.raises(UserError, match=message):
        xshot("index", *arguments)


def test_folders_of_one_name_do_not_take_each_others_table(xshot, photos, tmp_path):
    xshot("index", photos, "--store", "lance")
    other = shutil.copytree(photos, tmp_path / "second" / "my photos")
    message = f"photos.lance: is the index of {photos}; name another file with --out FILE"
    with pytest.raises(UserError, match=message):
        xshot("index", other, "--store", "lance")
