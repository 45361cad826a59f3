"""Fitting: which rows are learned from, what is refused, and that runs repeat."""

import numpy as np
import pytest
import torch

import xshot
from tests.model.conftest import SMALL
from xshot.errors import UserError


def fit(arrays, *rows, **changes):
    return xshot.fit(*(rows or arrays.rows("train")), **(arrays.classes | SMALL | changes))


def quick(arrays, *rows, **changes):
    """Without anything to train."""
    return fit(arrays, *rows, variant="posterior", **changes)


def test_every_target_row_is_support_without_a_number(arrays, model):
    assert model.facts.k_shot == "all"
    assert model.facts.shots == dict.fromkeys(arrays.target, 8)
    assert model.facts.n_train == 4 * 8


@pytest.mark.parametrize("k_shot", [0, 1, 3])
def test_with_a_number_so_many_are_drawn(arrays, k_shot):
    fitted = quick(arrays, k_shot=k_shot)
    assert fitted.facts.shots == dict.fromkeys(arrays.target, k_shot)


def test_the_model_knows_source_and_target_classes(arrays, model):
    assert model.classes_.tolist() == sorted(arrays.class_names)
    assert model.target_classes_.tolist() == list(arrays.target)
    assert model.n_features_in_ == 16


def test_the_same_call_gives_the_same_bits_and_another_seed_others(arrays, model):
    again, other = fit(arrays), fit(arrays, seed=1)
    images = arrays.images
    assert again.embed_images(images).tobytes() == model.embed_images(images).tobytes()
    assert other.embed_images(images).tobytes() != model.embed_images(images).tobytes()


def test_tensors_and_other_forms_of_labels_give_the_same_model(arrays):
    images, texts, labels = arrays.rows("train")
    places = np.array([arrays.class_names.index(name) for name in labels])
    one = quick(arrays)
    other = quick(
        arrays,
        torch.from_numpy(images),
        torch.from_numpy(texts),
        torch.from_numpy(np.eye(6)[places]),
        class_features=torch.from_numpy(arrays.class_features),
        target={4, 5},
    )
    assert other.provenance == one.provenance


@pytest.mark.parametrize(
    "target",
    [[4, 5], np.array([4, 5]), np.arange(6) > 3, [False] * 4 + [True] * 2, ("class5", "class4")],
    ids=str,
)
def test_target_classes_are_names_places_or_truth_values(arrays, target):
    assert quick(arrays, target=target).provenance.target == ("class4", "class5")


def test_a_device_is_a_name_or_torchs(arrays):
    quick(arrays, device=torch.device("cpu"))


def test_norms_do_not_matter(arrays, caplog):
    images, texts, labels = arrays.rows("train")
    one, other = quick(arrays), quick(arrays, 3 * images, texts / 7, labels)
    assert "norm" not in caplog.text
    np.testing.assert_allclose(
        other.embed_texts(arrays.texts), one.embed_texts(arrays.texts), atol=2e-5
    )


def test_test_rows_are_not_learned_from(arrays):
    everything = (arrays.images, arrays.texts, arrays.labels)
    fitted = quick(arrays, *everything, split=arrays.split)
    assert fitted.facts.n_train == 4 * 8
    spoilt = arrays.images.copy()
    spoilt[arrays.split == "test"] *= -1
    again = quick(arrays, spoilt, *everything[1:], split=arrays.split)
    assert again.provenance.source_hash == fitted.provenance.source_hash
    assert again.embed_images(arrays.images).tobytes() == (
        fitted.embed_images(arrays.images).tobytes()
    )


def test_unless_they_shall_be(arrays):
    fitted = quick(
        arrays,
        arrays.images,
        arrays.texts,
        arrays.labels,
        split=arrays.split,
        episode={"train_on": "all"},
    )
    assert fitted.facts.n_train == 4 * 11
    assert fitted.provenance.train_on == "all"


def test_a_target_class_of_which_there_is_no_row_is_known_by_its_prompt(arrays):
    images, texts, labels = arrays.rows("train")
    there = labels != "class5"
    fitted = quick(arrays, images[there], texts[there], labels[there])
    assert fitted.facts.shots == {"class4": 8, "class5": 0}
    unseen = arrays.labels == "class5"
    shares = fitted.predict_proba(arrays.images[unseen])
    assert (fitted.classes_[shares.argmax(axis=1)] == "class5").mean() > 0.5


def test_no_target_class_needs_a_row(arrays):
    images, texts, labels = arrays.rows("train")
    there = ~np.isin(labels, arrays.target)
    fitted = quick(arrays, images[there], texts[there], labels[there])
    assert set(fitted.facts.shots.values()) == {0}


def test_classes_without_a_row_that_are_no_target_are_left_out(arrays):
    images, texts, labels = arrays.rows("train")
    there = labels != "class0"
    fitted = quick(arrays, images[there], texts[there], labels[there])
    assert "class0" not in fitted.classes_
    assert fitted.class_names == arrays.class_names


def test_a_picture_with_several_texts_is_one_shot(arrays):
    images, texts, labels = arrays.rows("train")
    ids = [f"picture {row // 2}" for row in range(len(images))]
    images = images[np.arange(len(images)) // 2 * 2]
    fitted = quick(arrays, images, texts, labels, ids=ids)
    assert fitted.facts.shots == dict.fromkeys(arrays.target, 4)
    assert fitted.facts.n_train == 4 * 8


def test_target_classes_can_be_drawn_where_there_are_test_rows(arrays):
    everything = (arrays.images, arrays.texts, arrays.labels)
    fitted = quick(arrays, *everything, split=arrays.split, target=None, k_shot=2)
    assert len(fitted.target_classes_) == 3


def test_progress_is_shown_if_asked_for(arrays, capsys, monkeypatch):
    monkeypatch.setattr("xshot.progress._SECONDS_BEFORE_BAR", 0.0)
    quick(arrays)
    assert capsys.readouterr().err == ""
    quick(arrays, progress=True)
    assert "select" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"target": ["okapi"]}, r"episode\.target names 'okapi'"),
        ({"target": [9]}, r"target: 9 is no place among 6 classes; count them from 0"),
        ({"target": [True]}, r"target: 1 truth values for 6 classes"),
        (
            {"class_features": np.ma.masked_less(np.eye(6), 1)},
            r"class_features: 30 values are mask",
        ),
        ({"target": "okapi"}, r"xshot\.fit: 'episode\.target' = 'okapi'"),
        ({"target": None}, r"target: name the target classes"),
        ({"target": []}, r"episode\.target is an empty list"),
        ({"k_shot": 9}, r"class 'class4' has 8 training pictures, fewer than model\.k_shot = 9"),
        ({"k_shot": -1}, r"xshot\.fit: 'model\.k_shot' = -1"),
        ({"variant": "magic"}, r"xshot\.fit: 'model\.variant' = 'magic'.*unknown variant; one of"),
        ({"device": "gpu"}, r"xshot\.fit: 'device' = 'gpu'"),
        ({"device": "cuda:99"}, r"device: cuda:99 is asked for, but torch finds"),
        ({"projector": {"hidden": 0}}, r"xshot\.fit: 'projector\.hidden' = 0"),
        ({"class_features": np.ones((6, 3))}, r"images: 16 dimensions where 3 are expected"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(arrays, changes, complaint):
    with pytest.raises(UserError, match=complaint) as caught:
        fit(arrays, **changes)
    assert "\n" not in str(caught.value)
