"""A retriever loads from a model alone, refuses what does not fit, and finds what is nearest."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import xshot
from tests.support.stage import ROOT
from xshot.errors import UserError
from xshot.projector.embedder import project
from xshot.projector.file import load_embedder
from xshot.retrieval.compact import CompactRows
from xshot.search.gallery import read_dataset
from xshot.store.features import read_features
from xshot.store.manifest import read_manifest, write_manifest


def test_importing_xshot_imports_no_torch():
    code = "import sys, xshot; assert not {'torch', 'numpy', 'h5py'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT / "src")


def test_searching_imports_none_of_what_only_training_needs():
    code = (
        "import sys, open_clip; before = set(sys.modules); import xshot.search.retriever;"
        "late = set(sys.modules) - before;"
        "assert not {'scipy.optimize', 'sklearn', 'matplotlib', 'jinja2', 'fastapi'} & late, late"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT / "src")


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing"):
        xshot.nothing  # noqa: B018


def test_the_gallery_is_the_test_rows(repository, retriever):
    manifest = read_manifest(repository / "data/manifest.parquet")
    test_rows = [row for row, split in enumerate(manifest.splits) if split == "test"]
    assert retriever.gallery.images == tuple(manifest.images[row] for row in test_rows)
    assert 0 < len(retriever.gallery) < len(manifest)


@pytest.mark.parametrize("system", ["model", "clip"])
def test_a_picture_of_several_texts_is_found_once_and_each_text_of_its_own(copy_of, system):
    manifest = read_manifest(copy_of / "data/manifest.parquet")
    images, labels = list(manifest.images), list(manifest.labels)
    test = [row for row, split in enumerate(manifest.splits) if split == "test"]
    for row in test[1:4]:
        images[row], labels[row] = images[test[0]], labels[test[0]]
    write_manifest(
        copy_of / "data/manifest.parquet", replace(manifest, images=images, labels=labels)
    )
    retriever = xshot.Retriever.load(copy_of / "models/projector", device="cpu")
    hits = retriever.search(text="a bird", k=len(test), system=system)
    assert sorted(hit.row for hit in hits) == [0, *range(4, len(test))]
    found = [images[test[hit.row]] for hit in hits]
    assert [hit.image for hit in hits] == found
    texts = retriever.search(text="a bird", k=len(test), system=system, find="text")
    assert sorted(hit.row for hit in texts) == list(range(len(test)))


@pytest.mark.parametrize("system", ["model", "clip"])
def test_a_text_finds_the_images_of_highest_inner_product(repository, retriever, system):
    text = "a picture of a red bird"
    hits = retriever.search(text=text, k=7, system=system)
    query = retriever.encoder.texts([text])
    items = read_dataset(repository).features["image"]
    if system == "model":
        embedder, _ = load_embedder(repository / "models/projector")
        query, items = embedder.embed_text(query), embedder.embed_image(items)
    scores = (query @ items.T)[0]
    assert [hit.row for hit in hits] == np.argsort(-scores, kind="stable")[:7].tolist()
    np.testing.assert_allclose([hit.score for hit in hits], np.sort(scores)[::-1][:7], atol=1e-6)


def test_an_image_finds_texts_or_if_asked_images(repository, retriever):
    file = repository / "raw" / retriever.gallery.images[3]
    similar = retriever.search(image=file, k=4, find="image", system="clip")
    assert (similar[0].row, similar[0].score) == (3, pytest.approx(1, abs=1e-5))
    # Closeness and the probability of being of one class, without what makes up for unit norm.
    items = retriever.items("model", "image")[:, :-2]
    found = retriever.search(image=file, k=4, find="image")
    assert [hit.row for hit in found] == np.argsort(-items @ items[3], kind="stable")[:4].tolist()
    texts = retriever.search(image=file, k=4)
    scores = retriever.items("model", "text") @ retriever.items("model", "image")[3]
    assert [hit.row for hit in texts] == np.argsort(-scores, kind="stable")[:4].tolist()


def test_an_image_may_be_a_file_bytes_or_a_picture(repository, retriever):
    file = repository / "raw" / retriever.gallery.images[0]
    answers = [
        retriever.search(image=image)
        for image in (file, str(file), file.read_bytes(), Image.open(file).convert("RGB"))
    ]
    assert all(answer == answers[0] for answer in answers)


def test_a_hit_tells_what_the_row_is_and_what_the_model_takes_it_for(repository, retriever):
    embedder, provenance = load_embedder(repository / "models/projector")
    for hit in retriever.search(text="a dog", k=5):
        manifest = read_manifest(repository / "data/manifest.parquet")
        row = manifest.images.index(hit.image)
        assert (hit.text, hit.labels) == (manifest.texts[row], manifest.labels[row])
        features = read_features(repository / "data/features.h5", [manifest.ids[row]])
        centred = embedder.centring.of_image(features.image)
        shares = embedder.coordinates[0].posterior(
            centred, project(embedder.projector, centred, 0)
        )[0]
        assert hit.guess == provenance.classes[shares.argmax()]
        assert hit.confidence == pytest.approx(shares.max(), abs=1e-5)
    assert retriever.search(text="a dog", system="clip")[0].guess is None


def test_queries_encoded_together_are_those_encoded_alone(repository, retriever):
    texts = ["a red bird", "a dog", "two small dogs in an old house", *["one more text"] * 9]
    alone = [retriever.encoder.texts([text])[0] for text in texts]
    np.testing.assert_allclose(retriever.encoder.texts(texts), alone, atol=1e-5)
    files = [repository / "raw" / image for image in retriever.gallery.images[:9]]
    pictures = [Image.open(file).convert("RGB") for file in files]
    alone = [retriever.encoder.images([picture])[0] for picture in pictures]
    np.testing.assert_allclose(retriever.encoder.images(pictures), alone, atol=1e-5)
    np.testing.assert_allclose(retriever.gallery.features["image"][:9], alone, atol=1e-5)


@pytest.mark.parametrize("rows", [1, 5, 10**6])
def test_a_gallery_embedded_in_blocks_is_the_one_embedded_at_once(repository, monkeypatch, rows):
    monkeypatch.setattr("xshot.search.space.BLOCK_ROWS", rows)
    fresh = xshot.Retriever.load(repository / "models/projector", device="cpu")
    embedder, _ = load_embedder(repository / "models/projector")
    at_once = embedder.embed_text(fresh.gallery.features["text"])
    np.testing.assert_allclose(fresh.items("model", "text"), at_once, atol=1e-6)


def test_many_classes_are_searched_without_their_zeros(repository, monkeypatch, retriever):
    dense = retriever.search(text="a bird", k=9), retriever.items("model", "image")
    monkeypatch.setattr("xshot.search.space.MOST_CLASSES", 1)
    fresh = xshot.Retriever.load(repository / "models/projector", device="cpu")
    hits, items = fresh.search(text="a bird", k=9), fresh.items("model", "image")
    assert isinstance(items, CompactRows)
    assert len(items) == len(dense[1])
    assert [hit.row for hit in hits] == [hit.row for hit in dense[0]]
    for hit, other in zip(hits, dense[0], strict=True):
        assert hit.score == pytest.approx(other.score, abs=1e-6)


def test_more_answers_than_rows_are_all_rows(retriever):
    hits = retriever.search(text="a dog", k=10**6)
    assert sorted(hit.row for hit in hits) == list(range(len(retriever.gallery)))


@pytest.mark.parametrize("query", [{}, {"text": "a", "image": "b"}])
def test_one_query_is_asked_for(retriever, query):
    with pytest.raises(ValueError, match="a text or an image"):
        retriever.search(**query)


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_text_asks_nothing(retriever, text):
    with pytest.raises(UserError, match="the text is empty"):
        retriever.search(text=text)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"k": -1}, "k = -1: ask for one answer at least"),
        ({"k": 0}, "k = 0: ask for one"),
        ({"system": "foo"}, "system = 'foo': one of model, clip"),
        ({"find": "sound"}, "find = 'sound': one of image, text"),
    ],
)
def test_what_there_is_not_to_ask_for_is_named(retriever, asked, message):
    with pytest.raises(ValueError, match=message):
        retriever.search(text="a dog", **asked)
    with pytest.raises(ValueError, match=message):
        retriever.rank(retriever.gallery.features["text"][0], "text", **{"k": 1, **asked})


@pytest.mark.parametrize(
    ("image", "message"), [("nowhere.png", "No such file"), (bytes(8), "nothing but zeros")]
)
def test_an_image_that_cannot_be_read_is_one_line(retriever, image, message):
    with pytest.raises(UserError, match=message):
        retriever.search(image=image)


def test_without_test_rows_there_is_nothing_to_search(copy_of):
    path = copy_of / "data/manifest.parquet"
    manifest = read_manifest(path)
    write_manifest(path, replace(manifest, splits=("train",) * len(manifest)))
    with pytest.raises(UserError, match="no test row"):
        xshot.Retriever.load(copy_of / "models/projector", device="cpu")
