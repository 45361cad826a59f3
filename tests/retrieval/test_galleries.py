import numpy as np
import pytest

from xshot.retrieval.galleries import DIRECTIONS, GALLERIES, Embeddings, build_galleries

# Classes 0 and 1 are source, 2 and 3 target; row 2 has a label of each kind.
LABELS = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [1, 0, 1, 0], [0, 0, 1, 1], [0, 0, 0, 1]], bool)
TARGET = np.array([False, False, True, True])


@pytest.mark.parametrize(
    ("name", "queries", "items"),
    [
        ("target", [2, 3, 4], [2, 3, 4]),
        ("source", [0, 1], [0, 1]),
        ("generalized", [2, 3, 4], [0, 1, 2, 3, 4]),
        ("generalized_source", [0, 1], [0, 1, 2, 3, 4]),
    ],
)
def test_who_asks_and_who_answers(name, queries, items):
    gallery = build_galleries(LABELS, TARGET)[name]
    for direction in DIRECTIONS:
        assert gallery.queries[direction].tolist() == queries
        assert gallery.items[direction].tolist() == items


def test_a_picture_of_several_rows_asks_once_and_is_found_once():
    # Rows 2 and 4 of one picture; all texts ask and are found.
    labels = LABELS.copy()
    labels[4] = labels[2]
    gallery = build_galleries(labels, TARGET, np.array([0, 1, 2, 3, 2]))["generalized"]
    assert {way: rows.tolist() for way, rows in gallery.queries.items()} == {
        "i2t": [2, 3],
        "t2i": [2, 3, 4],
    }
    assert {way: rows.tolist() for way, rows in gallery.items.items()} == {
        "i2t": [0, 1, 2, 3, 4],
        "t2i": [0, 1, 2, 3],
    }
    assert gallery.pictures["t2i"].tolist() == [0, 1, 0]


def test_names():
    assert tuple(build_galleries(LABELS, TARGET)) == GALLERIES


def test_only_target_labels_count_in_the_target_gallery():
    galleries = build_galleries(LABELS, TARGET)
    assert galleries["target"].labels[2].tolist() == [False, False, True, False]
    assert galleries["generalized"].labels[2].tolist() == [True, False, True, False]


@pytest.mark.parametrize("direction", ["i2t", "t2i"])
def test_one_modality_asks_and_the_other_answers(direction):
    image = np.arange(10, dtype=np.float32).reshape(5, 2)
    text = -image
    gallery = build_galleries(LABELS, TARGET)["generalized"]
    task = gallery.task(Embeddings(image, text), direction)
    asking, answering = (image, text) if direction == "i2t" else (text, image)
    np.testing.assert_array_equal(task.queries, asking[2:])
    np.testing.assert_array_equal(task.items, answering)
    np.testing.assert_array_equal(task.query_labels, LABELS[2:])
    np.testing.assert_array_equal(task.item_labels, LABELS)


def test_an_episode_without_target_rows():
    galleries = build_galleries(LABELS[:2], TARGET)
    for direction in DIRECTIONS:
        assert len(galleries["target"].queries[direction]) == 0
        assert len(galleries["generalized"].queries[direction]) == 0
        assert galleries["generalized_source"].items[direction].tolist() == [0, 1]
