import numpy as np

from xshot.episode.labels import (
    by_picture,
    count_per_class,
    draw_target,
    named,
    only_classes,
    rows_per_class,
    shuffled,
    with_classes,
    without_classes,
)

ROWS = {"x": ("a", "b"), "y": ("b",), "z": ("c",)}


def test_count_per_class():
    assert count_per_class(ROWS) == {"a": 1, "b": 2, "c": 1}


def test_only_classes_cuts_labels_and_drops_bare_rows():
    assert only_classes(ROWS, {"a", "c"}) == {"x": ("a",), "z": ("c",)}


def test_without_classes_drops_rows_with_any_of_them():
    assert without_classes(ROWS, {"a"}) == {"y": ("b",), "z": ("c",)}


def test_rows_per_class_keeps_the_order_given():
    assert rows_per_class(["y", "x", "z"], ROWS, ["b", "d"]) == {"b": ["y", "x"], "d": []}


def test_named_keeps_ids_and_labels_together():
    rows = named(["z", "x"], ROWS, {"x": "x", "y": "y", "z": "y"})
    assert rows.ids == ("z", "x")
    assert rows.labels == (("c",), ("a", "b"))
    assert rows.pictures == ("y", "x")


def test_a_picture_has_the_labels_of_all_its_rows():
    pictures = by_picture(ROWS, {"x": "p", "y": "q", "z": "p"})
    assert pictures == {"p": ("a", "b", "c"), "q": ("b",)}


def test_with_and_without_classes_part_the_rows():
    assert with_classes(ROWS, ["b"]) == {"x": ("a", "b"), "y": ("b",)}
    assert without_classes(ROWS, ["b"]) == {"z": ("c",)}


def test_shuffled_is_a_permutation_fixed_by_the_generator():
    items = [str(number) for number in range(50)]
    first, again = (shuffled(items, np.random.default_rng(3)) for _ in range(2))
    assert first == again != items
    assert sorted(first) == sorted(items)


def test_draw_target_leaves_as_many_as_asked():
    rng = np.random.default_rng(0)
    assert len(draw_target("abcde", 0.9, leave=2, rng=rng)) == 3
    assert len(draw_target("ab", 0.5, leave=1, rng=rng)) == 1
