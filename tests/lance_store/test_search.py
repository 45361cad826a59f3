"""A gallery on disk answers as the same gallery in memory does."""

import numpy as np
import pytest

from tests.lance_store.conftest import GallerySource, agree, load
from xshot.errors import UserError
from xshot.lance_store import indexes
from xshot.lance_store.gallery import open_store
from xshot.lance_store.writing import write_store
from xshot.search import two_stages

QUERIES = ("a red bird", "a house", "something to eat")


@pytest.mark.parametrize("system", ["model", "clip"])
@pytest.mark.parametrize("text", QUERIES)
def test_answers_are_those_of_the_gallery_in_memory(stored, in_memory, system, text):
    agree(*(one.search(text=text, system=system, k=9) for one in (stored, in_memory)))


def test_rows_are_read_as_they_were_written(path, gallery):
    back = open_store(path)
    assert len(back) == len(gallery)
    assert tuple(back.images) == gallery.images
    assert (back.texts[3], back.labels[4], back.images[-1]) == (
        gallery.texts[3],
        gallery.labels[4],
        gallery.images[-1],
    )
    assert (back.root, back.name) == (gallery.root, str(gallery.root))
    features = gallery.features["image"]
    np.testing.assert_array_equal(back.features["image"][:], features)
    np.testing.assert_array_equal(back.features["image"][[9, 2, 30, 0]], features[[9, 2, 30, 0]])
    assert back.features["image"][[]].shape == (0, features.shape[1])
    assert back.told([5, 1]) == gallery.told([5, 1])


def test_more_answers_than_candidates_may_be_asked_for(stored, in_memory, monkeypatch):
    monkeypatch.setattr("xshot.search.two_stages.CANDIDATES", 2)
    agree(*(one.search(text="a bird", k=20) for one in (stored, in_memory)))


def test_a_class_that_is_added_later_counts(stored, in_memory):
    grown = [one.with_class("a new one", rows=[0, 3, 8]) for one in (stored, in_memory)]
    agree(*(one.search(text="a new one", k=9) for one in grown))
    assert "a new one" in {hit.guess for hit in grown[0].search(text="a new one", k=9)}


def test_of_an_added_class_rows_are_filtered_anew(stored, in_memory):
    grown = [one.with_class("a new one", rows=[0, 3, 8]) for one in (stored, in_memory)]
    for start in ("a/", "b/", "none"):
        hits = grown[0].search(text="a new one", k=5, where=f"path LIKE '{start}%'")
        best = grown[1].search(text="a new one", k=500)
        agree(hits, [hit for hit in best if hit.image.startswith(start)][:5])


def test_of_rows_that_are_all_alike_no_direction_is_learned():
    direction = two_stages._direction(np.ones((9, 4), np.float32), np.ones(9, np.float32))
    np.testing.assert_array_equal(direction, np.zeros(4))


def test_suggestions_are_those_of_the_gallery_in_memory(stored, in_memory):
    for name in (stored.classes[0], "a new one"):
        found = [one.suggest(name, n=3, confirmed=[4], refused=[7]) for one in (stored, in_memory)]
        agree(*found)
    with pytest.raises(ValueError, match="row 10000 is none"):
        stored.suggest("a new one", confirmed=[10_000])


@pytest.mark.parametrize(
    ("where", "is_kept"),
    [
        ("path LIKE 'a/%'", lambda told: told.image.startswith("a/")),
        ("path = 'b/3 it''s.png'", lambda told: told.image == "b/3 it's.png"),
        ("array_has(labels, 'CLASS')", lambda told: "CLASS" in told.labels),
        ("NOT array_has(labels, 'CLASS') AND path LIKE 'b%'", lambda told: False),
        ("path = 'none'", lambda told: False),
    ],
)
def test_rows_can_be_filtered(stored, in_memory, gallery, where, is_kept):
    name = gallery.labels[0][0]
    if where.startswith("NOT"):
        kept = {
            row
            for row, told in enumerate(gallery.told(range(len(gallery))))
            if name not in told.labels and told.image.startswith("b")
        }
    else:
        told = gallery.told(range(len(gallery)))
        named = [
            one._replace(labels=tuple("CLASS" if x == name else x for x in one.labels))
            for one in told
        ]
        kept = {row for row, one in enumerate(named) if is_kept(one)}
    hits = stored.search(text="a bird", k=6, where=where.replace("CLASS", name.replace("'", "''")))
    expected = [hit for hit in in_memory.search(text="a bird", k=500) if hit.row in kept]
    agree(hits, expected[:6])


def test_a_filter_that_cannot_be_understood_is_one_line(stored, in_memory):
    for where in ("nosuch = 3", "path =", "labels = 'cat'", ""):
        with pytest.raises(UserError, match=rf"^--where {where}: [^\n]+$"):
            stored.search(text="a bird", where=where)
    with pytest.raises(UserError, match="only a gallery on disk can be filtered"):
        in_memory.search(text="a bird", where="path = 'a'")


def test_there_are_no_texts_to_find(stored):
    with pytest.raises(UserError, match="holds no texts to find"):
        stored.search(text="a bird", find="text")


def test_of_an_added_class_rows_are_found_that_the_table_did_not_know_for_it(
    many, model, embedder, tmp_path, monkeypatch
):
    """Few candidates, by an index: what finds them is the class's name and examples."""
    monkeypatch.setattr(indexes, "LEAST_ROWS", 300)
    monkeypatch.setattr(indexes, "PARTITION", 30)
    monkeypatch.setattr(two_stages, "CANDIDATES", 20)
    monkeypatch.setattr(two_stages, "ADDED_CANDIDATES", 20)
    monkeypatch.setattr(two_stages, "LIKELY", 100)
    write_store(tmp_path / "s", GallerySource(many, part_rows=500), embedder, model)
    assert open_store(tmp_path / "s").table.dataset.list_indices()
    grown = [
        load(model, one).with_class("a new one", rows=[0, 60, 5])
        for one in (open_store(tmp_path / "s"), many)
    ]

    def shared():
        found, best = ([hit.row for hit in one.search(text="a new one", k=5)] for one in grown)
        return len({*found} & {*best})

    assert shared() >= 4
    monkeypatch.setattr(two_stages, "_POSSIBLE", 2)
    assert shared() <= 1
