"""The metrics of rows in memory: those of the pipeline, by names and by rows of any order."""

import numpy as np
import pytest

import xshot
from xshot.errors import UserError
from xshot.retrieval.galleries import GALLERIES


@pytest.fixture(scope="module")
def tree(arrays, model):
    return xshot.evaluate(model, *arrays.rows("test"))


def test_the_tree_has_the_model_and_raw_clip_beside_it(arrays, tree):
    for gallery in GALLERIES:
        clip, model = (tree[system][gallery]["avg"]["map"] for system in ("clip", "model"))
        assert tree["gain"][gallery]["map"] == pytest.approx(model - clip, abs=2e-5)
        assert "ci95" in tree["gain"][gallery]
    assert tree["gallery"]["target"]["n_queries"] == 6
    assert tree["gallery"]["source"]["n_queries"] == 12


def test_raw_clips_map_is_scikit_learns(arrays, tree):
    from sklearn.metrics import average_precision_score

    images, texts, labels = arrays.rows("test")
    own = np.isin(labels, arrays.target)
    scores, same = images[own] @ texts[own].T, labels[own][:, None] == labels[own]
    expected = np.mean([average_precision_score(*pair) for pair in zip(same, scores, strict=True)])
    assert tree["clip"]["target"]["i2t"]["map"] == pytest.approx(expected, abs=1e-5)


def test_the_order_of_the_rows_does_not_matter_where_they_have_ids(arrays, model):
    rows = arrays.rows("test")
    ids = np.array([f"picture {row:02d}" for row in range(len(rows[0]))])
    order = np.random.default_rng(0).permutation(len(ids))
    assert xshot.evaluate(model, *rows, ids=ids) == xshot.evaluate(
        model, *(part[order] for part in rows), ids=ids[order]
    )


def test_labels_are_counted_as_they_were_for_fit(arrays, model, tree):
    images, texts, labels = arrays.rows("test")
    places = np.array([arrays.class_names.index(name) for name in labels])
    assert xshot.evaluate(model, images, texts, places) == tree
    assert xshot.evaluate(model, images, texts, np.eye(6)[places]) == tree


def test_a_part_of_the_classes_will_do(arrays, model):
    images, texts, labels = arrays.rows("test")
    own = np.isin(labels, arrays.target)
    tree = xshot.evaluate(model, images[own], texts[own], labels[own])
    assert tree["gallery"]["target"]["n_queries"] == 6
    assert tree["gallery"]["source"]["n_queries"] == 0


def test_without_intervals(arrays, model):
    tree = xshot.evaluate(model, *arrays.rows("test"), bootstrap=0)
    assert "ci95" not in tree["gain"]["target"]


def test_texts_of_one_picture_ask_and_answer_as_one(arrays, model):
    images, texts, labels = arrays.rows("test")
    first = np.arange(len(images)) // 3 * 3
    tree = xshot.evaluate(model, images[first], texts, labels, ids=first)
    assert tree["gallery"]["target"]["n_pictures"] == 2


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"bootstrap": 5}, r"xshot\.evaluate: 'evaluate\.bootstrap' = 5: .*at least 100"),
        ({"threads": 0}, r"xshot\.evaluate: 'threads' = 0"),
        ({"ids": ["a"]}, r"ids: 1 for 18 rows"),
        ({"labels": ["zebra"] * 18}, r"label 'zebra' is not among .* or leave its rows out"),
    ],
)
def test_what_does_not_fit_is_refused(arrays, model, changes, complaint):
    rows = dict(zip(("images", "texts", "labels"), arrays.rows("test"), strict=True))
    with pytest.raises(UserError, match=complaint):
        xshot.evaluate(model, **(rows | changes))


def test_rows_of_unknown_classes_alone_are_refused(arrays):
    images, texts, labels = arrays.rows("train")
    there = labels != "class0"
    model = xshot.fit(
        images[there], texts[there], labels[there], **arrays.classes, variant="posterior"
    )
    rows = [part[~there] for part in (images, texts, labels)]
    with pytest.raises(UserError, match="no row is of a class that the model knows"):
        xshot.evaluate(model, *rows)
