from dataclasses import replace

import pytest
from hypothesis import given

from tests.datasets.test_split import draw, fractions, several
from xshot.datasets.adapters import build_manifest
from xshot.datasets.growing import known_sides, read_before
from xshot.datasets.split import draw_split
from xshot.store.manifest import Manifest, write_manifest

SPLIT = {"split_seed": 0, "test_fraction": 0.4, "min_test": 2}


@given(before=several, more=several, fraction=fractions)
def test_rows_keep_their_side_when_others_are_appended(before, more, fraction):
    first = draw(before, test_fraction=fraction)
    items = [f"item{i:03}" for i in range(len(before) + len(more))]
    known = dict(zip(items, first, strict=False))
    grown = draw_split(
        items, before + more, seed=0, test_fraction=fraction, min_test=5, known=known
    )
    assert grown[: len(before)] == first
    # What is appended is drawn: a class has its share again, unless its known rows exceed that.
    for name in {name for names in before + more for name in names}:
        rows = [row for row, names in enumerate(before + more) if name in names]
        new = [row for row in rows if row >= len(before)]
        tests = sum(grown[row] == "test" for row in rows)
        assert tests >= min(5, len(rows)) or all(grown[row] == "test" for row in new)


@given(labels=several)
def test_with_nothing_known_the_draw_is_as_ever(labels):
    items = [f"item{i:03}" for i in range(len(labels))]
    settings = {"seed": 3, "test_fraction": 0.4, "min_test": 5}
    assert draw_split(items, labels, **settings, known={}) == draw_split(items, labels, **settings)


def rows(count, classes="abc"):
    names = [f"{name}{number:02d}" for number in range(count) for name in classes]
    return names, "image,text,label\n" + "".join(f"{n}.jpg,text {n},{n[0]}\n" for n in names)


def grown(tree, jpgs, counts, before=None, **settings):
    names, table = rows(*counts)
    root = tree({"manifest.csv": table, **jpgs(*(f"{name}.jpg" for name in names))})
    return build_manifest("manifest", root, **{**SPLIT, **settings}, before=before)


def test_a_grown_manifest_keeps_its_split_and_new_rows_are_drawn(tree, jpgs):
    first = grown(tree, jpgs, (20,))
    second = grown(tree, jpgs, (40,), before=first)
    sides = dict(zip(second.images, second.splits, strict=True))
    assert [sides[image] for image in first.images] == list(first.splits)
    for name in "abc":
        splits = [sides[image] for image in second.images if image.startswith(name)]
        assert splits.count("test") == 16
    assert grown(tree, jpgs, (40,), before=second) == second
    alone = grown(tree, jpgs, (40,))
    assert alone.splits != second.splits


@pytest.mark.parametrize("settings", [{"split_seed": 1}, {"test_fraction": 0.3}, {"min_test": 9}])
def test_other_settings_draw_anew(tree, jpgs, settings):
    first = grown(tree, jpgs, (20,))
    assert grown(tree, jpgs, (20,), before=first, **settings) == grown(
        tree, jpgs, (20,), **settings
    )


def test_another_data_set_with_some_of_the_names_is_drawn_anew(tree, jpgs):
    first = grown(tree, jpgs, (20, "abcdefg"))
    assert known_sides(grown(tree, jpgs, (20, "abc")), first) == {}
    relabelled = replace(first, labels=tuple(("other",) for _ in first.labels))
    assert known_sides(relabelled, first) == {}


def test_a_given_split_is_nothing_to_remember():
    given_split = Manifest(("a",), ("a.png",), ("text",), (("cat",),), ("train",))
    assert known_sides(given_split, given_split) == {}


def test_what_cannot_be_read_is_nothing_to_remember(tmp_path, tree, jpgs):
    assert read_before(tmp_path / "absent.parquet") is None
    (tmp_path / "damaged.parquet").write_bytes(b"PAR1")
    assert read_before(tmp_path / "damaged.parquet") is None
    manifest = grown(tree, jpgs, (3,))
    write_manifest(tmp_path / "whole.parquet", manifest)
    assert read_before(tmp_path / "whole.parquet") == manifest
