"""Any folder becomes a gallery; a stopped run goes on, and odd files do not stop it."""

import os
import shutil

import numpy as np
import pytest
from PIL import Image

from xshot.errors import UserError
from xshot.pictures import formats
from xshot.projector.file import load_embedder
from xshot.search import index as module
from xshot.search.encoder import encoder_of
from xshot.search.index import index_folder, read_index, write_index
from xshot.search.retriever import Retriever
from xshot.store.hdf5 import create_table


@pytest.fixture
def encoder(repository):
    model = repository / "models/projector"
    return encoder_of(model, load_embedder(model)[1], device="cpu")


@pytest.fixture
def photos(tmp_path):
    """Pictures in folders, with what else lies about in folders."""
    folder = tmp_path / "photos"
    (folder / "b" / ".hidden").mkdir(parents=True)
    for number, name in enumerate(["z.png", "b/a.jpg", "b/B.WEBP", "b/.hidden/x.png", ".y.png"]):
        colour = (40 * number, 90, 255 - 40 * number)
        Image.new("RGB", (40, 30), colour).save(folder / name)
    (folder / "notes.txt").write_text("no picture")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return folder


def index(photos, encoder, cache):
    return index_folder(photos, encoder, cache=cache, threads=1)[:2]


def test_holds_the_images_of_all_folders_in_a_fixed_order(photos, encoder, tmp_path):
    gallery, left_out = index(photos, encoder, tmp_path / "cache")
    assert gallery.images == ("z.png", "b/B.WEBP", "b/a.jpg")
    assert [one.image for one in left_out] == ["broken.png"]
    pictures = [Image.open(photos / name).convert("RGB") for name in gallery.images]
    np.testing.assert_allclose(gallery.features["image"], encoder.images(pictures), atol=1e-5)
    assert gallery.picture(1) == photos / "b/B.WEBP"


def test_a_file_holds_what_was_written_and_can_be_searched(photos, encoder, tmp_path, repository):
    gallery, _ = index(photos, encoder, tmp_path / "cache")
    write_index(tmp_path / "photos.h5", gallery)
    back = read_index(tmp_path / "photos.h5")
    np.testing.assert_array_equal(back.features["image"], gallery.features["image"])
    assert (back.images, back.root) == (gallery.images, photos)
    retriever = Retriever.load(repository / "models/projector", gallery=back, device="cpu")
    assert len(retriever.search(text="blue", k=2)) == 2
    # There are no texts: images are what an image finds.
    assert retriever.search(image=photos / "b/a.jpg", system="clip")[0].image == "b/a.jpg"
    with pytest.raises(UserError, match="no texts to find"):
        retriever.search(text="blue", find="text")


def test_what_was_encoded_is_not_encoded_again(photos, encoder, tmp_path, monkeypatch):
    first, _ = index(photos, encoder, tmp_path / "cache")
    shutil.copy(photos / "z.png", photos / "copy.png")
    monkeypatch.setattr(encoder, "load", lambda **_: pytest.fail("nothing is to be encoded"))
    second, _ = index(photos, encoder, tmp_path / "cache")
    assert len(second) == len(first) + 1


def test_a_stopped_run_goes_on(photos, encoder, tmp_path, monkeypatch):
    for number in range(30):
        Image.new("RGB", (20, 20), (8 * number, 0, 0)).save(photos / f"{number}.png")
    encode = module.encode_files

    def stopped(*arguments):
        for count, outcome in enumerate(encode(*arguments)):
            if count == 20:
                raise KeyboardInterrupt
            yield outcome

    monkeypatch.setattr(module, "encode_files", stopped)
    with pytest.raises(KeyboardInterrupt):
        index(photos, encoder, tmp_path / "cache")
    monkeypatch.setattr(module, "encode_files", encode)
    shards = list((tmp_path / "cache").rglob("*.shard"))
    before = sum(shard.stat().st_size for shard in shards)
    gallery, _ = index(photos, encoder, tmp_path / "cache")
    again = [shard for shard in (tmp_path / "cache").rglob("*.shard") if shard not in shards]
    assert before > 0
    assert sum(shard.stat().st_size for shard in again) < before
    assert len(gallery) == 33


def test_a_folder_without_images_is_one_line(encoder, tmp_path):
    empty = tmp_path / "empty"
    with pytest.raises(UserError, match="empty: no such folder; name one that holds images"):
        index(empty, encoder, tmp_path / "cache")
    empty.mkdir()
    with pytest.raises(UserError, match=r"empty: holds no images \(files that end in .*\.jpg"):
        index(empty, encoder, tmp_path / "cache")
    (empty / "a.jpg").touch()
    with pytest.raises(UserError, match=r"none of its 1 image files can be read, such as a\.jpg: "):
        index(empty, encoder, tmp_path / "cache")


def test_a_name_that_is_no_text_is_left_out(photos, encoder, tmp_path):
    odd = photos / os.fsdecode(b"caf\xe9.png")
    try:
        shutil.copy(photos / "z.png", odd)
    except OSError:
        pytest.skip("this file system takes no such name")
    gallery, left_out = index(photos, encoder, tmp_path / "cache")
    assert len(gallery) == 3
    assert [one.image for one in left_out] == ["broken.png", os.fsdecode(b"caf\xe9.png")]
    assert left_out[1].reason == "its name is not UTF-8; rename it"
    write_index(tmp_path / "photos.h5", gallery)


def test_what_is_passed_over_is_told(photos, encoder, tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "_FOUND", {extra.name: False for extra in formats.EXTRAS})
    for suffix in ("jfif", "jpe", "JPG"):
        Image.new("RGB", (20, 20), "teal").save(photos / f"more.{suffix}", "JPEG")
    for name in ("a.heic", "b.HEIC", "c.jxl", "d.cr2", "e.svg", "f.mov"):
        (photos / name).write_bytes(bytes(99))
    (photos / "@eaDir").mkdir()
    shutil.copy(photos / "z.png", photos / "@eaDir" / "small.png")
    os.mkfifo(photos / "pipe.jpg")
    (photos / "gone.jpg").symlink_to("nowhere.jpg")
    (photos / "album").symlink_to(photos / "b")
    gallery, left_out, notes = index_folder(photos, encoder, cache=tmp_path / "cache", threads=1)
    assert {"more.jfif", "more.jpe", "more.JPG"} < set(gallery.images)
    assert {one.image: one.reason.partition(";")[0] for one in left_out} == {
        "broken.png": "damaged or incomplete: still being written or copied, or cut off",
        "gone.jpg": "a link to nowhere.jpg, which is gone",
        "pipe.jpg": "not a file, but a pipe, a socket or a device",
    }
    told = "\n".join(notes)
    for line in (
        "2 files such as a.heic: HEIC, which Pillow reads with a plugin only",
        "1 files such as c.jxl: JXL",
        "1 files such as d.cr2: a camera's raw file; export it",
        "1 files such as e.svg: a drawing",
        "1 files such as f.mov: a video",
        "1 folders that devices make, such as @eaDir",
        "1 links to folders, such as album",
    ):
        assert line in told


def test_a_folder_of_what_is_not_read_says_so(encoder, tmp_path):
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "a.cr2").write_bytes(bytes(99))
    with pytest.raises(
        UserError, match=r"holds no images .*1 files such as a\.cr2: a camera's raw"
    ):
        index(folder, encoder, tmp_path / "cache")


def test_a_file_that_is_no_index_is_refused(repository, tmp_path):
    with pytest.raises(UserError, match=r"absent\.h5: not found; make one with `xshot index FOLD"):
        read_index(tmp_path / "absent.h5")
    message = r"features.h5: not an index of images; make one with `xshot index FOLDER`"
    with pytest.raises(UserError, match=message):
        read_index(repository / "data/features.h5")
    with create_table(tmp_path / "empty.h5", 1) as file:
        file.attrs["root"] = "photos"
    with pytest.raises(UserError, match=r"empty\.h5: not an index of images; make one"):
        read_index(tmp_path / "empty.h5")
