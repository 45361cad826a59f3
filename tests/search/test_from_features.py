"""A retriever over features in memory, with a model that never saw a file."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import xshot
from tests.support.stage import CLASSES, make_features, make_manifest
from xshot.encoder.files import FileHashes
from xshot.errors import UserError
from xshot.search.encoder import find_encoder
from xshot.store.features import read_class_features, read_features
from xshot.store.manifest import read_manifest


@pytest.fixture(scope="module")
def rows():
    manifest = make_manifest()
    features, classes = make_features(manifest)
    return features, classes, [name for (name,) in manifest.labels]


@pytest.fixture(scope="module")
def model(rows):
    features, classes, labels = rows
    return xshot.fit(
        features.image,
        features.text,
        labels,
        class_features=classes.features,
        class_names=classes.names,
        target=CLASSES[-2:],
        variant="posterior",
    )


@pytest.fixture
def retriever(model, rows):
    features, _, labels = rows
    return xshot.Retriever.from_features(
        model,
        images=3 * features.image,
        texts=torch.from_numpy(features.text),
        names=features.ids,
        captions=[f"text of {row}" for row in features.ids],
        labels=labels,
    )


def test_answers_are_those_of_the_embeddings(model, rows, retriever):
    features, _, labels = rows
    hits = retriever.rank(7 * features.text[5], "text", k=4)
    scores = model.embed_texts(features.text[5:6]) @ model.embed_images(features.image).T
    assert [hit.row for hit in hits] == np.argsort(-scores[0])[:4].tolist()
    best = hits[0]
    assert best.image == features.ids[best.row]
    assert best.text == f"text of {features.ids[best.row]}"
    assert best.labels == (labels[best.row],)
    shares = model.predict_proba(features.image[best.row][None])[0]
    assert best.guess == model.classes_[shares.argmax()]
    assert best.confidence == pytest.approx(shares.max(), abs=1e-5)


def test_raw_clip_is_beside_it(rows, retriever):
    features = rows[0]
    hits = retriever.rank(torch.from_numpy(features.image[2]), "image", k=3, system="clip")
    scores = features.text @ features.image[2]
    assert [hit.row for hit in hits] == np.argsort(-scores)[:3].tolist()


def test_images_alone_will_do_and_are_called_by_their_places(model, rows):
    retriever = xshot.Retriever.from_features(model, images=rows[0].image)
    hit = retriever.rank(rows[0].image[3], "image", k=1, system="clip", find="image")[0]
    assert (hit.row, hit.image, hit.text, hit.labels) == (3, "3", "", ())
    with pytest.raises(UserError, match="holds no texts to find"):
        retriever.rank(rows[0].image[3], "image", k=1, find="text")


def test_rows_of_one_name_are_one_picture(model, rows):
    image, text = rows[0].image[[0, 0, 2]], rows[0].text[:3]
    retriever = xshot.Retriever.from_features(model, images=image, texts=text, names=list("aab"))
    found = retriever.rank(text[0], "text", k=3)
    assert sorted(hit.image for hit in found) == ["a", "b"]
    assert len(retriever.rank(image[0], "image", k=3)) == 3


def test_words_need_an_encoder(retriever):
    with pytest.raises(UserError, match=r"does not say which encoder.*fit it with encoder="):
        retriever.search(text="a bird")
    with pytest.raises(UserError, match="no templates of the class prompts"):
        retriever.with_class("okapi")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"images": None, "texts": None}, "needs images or texts"),
        ({"texts": np.ones((2, 16))}, "texts: 2 for 66 rows"),
        ({"images": np.ones((66, 3))}, "images: 3 dimensions where 16 are expected"),
        ({"names": ["a"]}, "names: 1 for 66 rows"),
        ({"labels": ["a"]}, "labels: 1 for 66 rows"),
    ],
)
def test_a_gallery_that_does_not_fit_is_refused(model, rows, changes, complaint):
    given = {"images": rows[0].image, "texts": rows[0].text} | changes
    with pytest.raises(UserError, match=complaint):
        xshot.Retriever.from_features(model, **given)


@pytest.mark.parametrize(
    ("feature", "complaint"),
    [(np.ones(3), "feature: 3 dimensions where 16"), (np.zeros(16), "zero or not finite")],
)
def test_a_query_that_does_not_fit_is_refused(retriever, feature, complaint):
    with pytest.raises(UserError, match=complaint):
        retriever.rank(feature, "text", k=1)


def test_what_asks_is_an_image_or_a_text(retriever):
    with pytest.raises(ValueError, match="asked = 'texts': one of image, text"):
        retriever.rank(np.ones(16), "texts", k=1)


def test_a_saved_model_without_an_encoder_says_how_it_is_used(model, tmp_path):
    model.save(tmp_path / "model")
    with pytest.raises(UserError, match=r"use `xshot\.load` and `Retriever\.from_features`"):
        xshot.Retriever.load(tmp_path / "model")


class TestWithAnEncoder:
    """The features of real pictures, by an encoder that is there."""

    @pytest.fixture
    def retriever(self, repository, monkeypatch):
        monkeypatch.chdir(repository)
        table = Path("data/features.h5")
        features, classes = read_features(table), read_class_features(table)
        labels = list(read_manifest(Path("data/manifest.parquet")).labels)
        model = xshot.fit(
            features.image,
            features.text,
            labels,
            class_features=classes.features,
            class_names=classes.names,
            target=classes.names[:2],
            variant="posterior",
            encoder="encoder",
        )
        return xshot.Retriever.from_features(
            model, images=features.image, templates=["a drawing of {}"], device="cpu"
        )

    def test_words_find_what_their_feature_finds(self, retriever):
        fingerprint = retriever.provenance.encoder_fingerprint
        encoder = find_encoder(
            Path("encoder"), None, fingerprint, hashes=FileHashes(Path("none")), device="cpu"
        )
        feature = encoder.texts(["a bird"])[0]
        assert retriever.search(text="a bird") == retriever.rank(feature, "text", k=12)

    def test_classes_can_be_added(self, retriever):
        grown = retriever.with_class("okapi", rows=[3])
        assert grown.classes[-1] == "okapi"
        assert any(hit.guess == "okapi" for hit in grown.search(text="okapi", k=200))

    def test_an_encoder_of_other_dimensions_is_refused(self, retriever, model, rows):
        named = replace(model, provenance=replace(model.provenance, encoder_path="encoder"))
        with pytest.raises(UserError, match=r"makes features of .* dimensions, the model was"):
            xshot.Retriever.from_features(named, images=rows[0].image, device="cpu")
