"""What people bring meets every door: one table of pictures, and what each door makes of it.

A door reads the picture, or says in one line what it is; it never waits, nor shows a traceback.
"""

import os

import pytest
from PIL import Image

from tests.pictures.files import METADATA, encoded, picture
from xshot.datasets.adapters import build_manifest
from xshot.encoder.cache import FeatureCache
from xshot.encoder.files import FileHashes
from xshot.encoder.image_cache import encode_files
from xshot.encoder.local import LocalEngine
from xshot.errors import UserError
from xshot.pictures import BadImageError, formats
from xshot.projector.file import load_embedder
from xshot.report.thumbnails import small_jpeg
from xshot.search.encoder import encoder_of
from xshot.search.index import index_folder
from xshot.search.retriever import Retriever
from xshot.serve.limits import RefusedError
from xshot.serve.uploads import decode_upload

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
MANY = {"save_all": True, "append_images": [picture(1)]}


def write(data):
    return lambda path: path.write_bytes(data)


READ = {
    "jpeg": write(encoded(picture(), "JPEG")),
    "jpeg with a second picture": write(encoded(picture(), "MPO", **MANY)),
    "cmyk": write(encoded(picture().convert("CMYK"), "JPEG")),
    "png with a long text": write(METADATA["png, 2 MB text"]()),
    "png with a damaged text": write(METADATA["png, damaged text"]()),
    "avif": write(encoded(picture(), "AVIF")),
    "palette": write(encoded(picture().quantize(9), "PNG", transparency=0)),
}
TOLD = {
    "pipe": (os.mkfifo, "pipe"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "device"),
    "broken link": (lambda path: path.symlink_to("gone"), "gone"),
    "circle": (lambda path: path.symlink_to(path.name), "circle"),
    "pointer": (write(POINTER), "git lfs pull"),
    "empty": (write(b""), "empty, 0 bytes"),
    "web page": (write(b"<!doctype html><p>404"), "web page"),
    "heic": (write(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99)), "HEIC"),
    "cut": (write(encoded(picture(), "JPEG")[:-300]), "truncated"),
    "text": (write(b"no picture"), "not an image"),
}


@pytest.fixture(autouse=True)
def no_extras(monkeypatch):
    monkeypatch.setattr(formats, "_FOUND", {extra.name: False for extra in formats.EXTRAS})


@pytest.fixture(scope="module")
def encoder(repository):
    model = repository / "models/projector"
    return encoder_of(model, load_embedder(model)[1], device="cpu")


@pytest.fixture(scope="module")
def retriever(repository):
    return Retriever.load(repository / "models/projector", device="cpu")


@pytest.fixture
def folder(tmp_path):
    """A data set of one good picture and a place for another."""
    root = tmp_path / "raw"
    root.mkdir()
    Image.new("RGB", (30, 20), "teal").save(root / "a.png")
    (root / "manifest.csv").write_text("image,text,label\na.png,t,x\nb.jpg,u,x\n")
    return root


def prepare(folder, **_):
    manifest = build_manifest(
        "manifest", folder, split_seed=0, test_fraction=0.5, min_test=1, overlaps="keep"
    )
    return manifest.notes


def extract(folder, encoder, **_):
    engine = LocalEngine(lambda: encoder.load(images=True), threads=1)
    hashes = FileHashes(folder.parent / "hashes")
    cache = FeatureCache(folder.parent / "features")
    for _, outcome in encode_files(folder, ["a.png", "b.jpg"], engine, cache, hashes):
        if isinstance(outcome, Exception):
            raise outcome


def index(folder, encoder, **_):
    _, left_out, _ = index_folder(folder, encoder, cache=folder.parent / "cache", threads=1)
    for one in left_out:
        raise UserError(one.reason)


def search(folder, retriever, **_):
    retriever.search(image=folder / "b.jpg", k=1)


def serve(folder, **_):
    path = folder / "b.jpg"
    if path.is_file():
        decode_upload(path.read_bytes())


def report(folder, **_):
    small_jpeg(folder / "b.jpg", 20)


DOORS = (prepare, extract, index, search, serve, report)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", READ)
def test_what_is_read(folder, encoder, retriever, door, name):
    READ[name](folder / "b.jpg")
    door(folder, encoder=encoder, retriever=retriever)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", TOLD)
def test_what_is_told(folder, encoder, retriever, door, name, caplog):
    make, told = TOLD[name]
    make(folder / "b.jpg")
    problem = None
    try:
        door(folder, encoder=encoder, retriever=retriever)
    except (UserError, RefusedError, BadImageError) as error:
        problem = str(error)
    if problem is not None:
        assert told in problem
        assert "\n" not in problem
        return
    # A first look warns of what has no header of a picture; a page and an upload go without.
    if door is prepare and name in ("pointer", "empty", "web page", "heic"):
        assert told in caplog.text
    elif door is prepare:
        assert name in ("cut", "text")
    else:
        assert door is report or (door is serve and not (folder / "b.jpg").is_file())
