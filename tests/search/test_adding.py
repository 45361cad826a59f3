"""Classes that are added to a retriever: guessed, saved, and refused where they are none."""

from pathlib import Path

import numpy as np
import pytest

import xshot
from tests.support.repository import save_model, write_repository
from xshot.errors import UserError


def test_added_classes_are_saved_and_can_be_added_to(copy_of):
    retriever = xshot.Retriever.load(copy_of / "models/projector", device="cpu")
    grown = retriever.with_class("a new one", rows=[0, 3]).with_class("by name alone")
    grown.save(copy_of / "models/grown")
    again = xshot.Retriever.load(copy_of / "models/grown", device="cpu")
    assert again.classes == grown.classes
    assert again.provenance.target[-2:] == ("a new one", "by name alone")
    for query in ("a bird", "a new one"):
        assert again.search(text=query) == grown.search(text=query)
    further, whole = (each.with_class("a third", rows=[5]) for each in (again, grown))
    for one, other in zip(further.search(text="a bird"), whole.search(text="a bird"), strict=True):
        assert one.image == other.image
        assert one.score == pytest.approx(other.score, abs=2e-5)
        assert one.guess == other.guess


def test_a_new_class_is_guessed_where_its_examples_are(retriever):
    rows = [5, 6]
    extended = retriever.with_class("brand new", rows=rows)
    assert extended.classes == (*retriever.classes, "brand new")
    assert retriever.classes == retriever.provenance.classes
    hits = {hit.row: hit for hit in extended.search(text="brand new", k=10**6)}
    assert all(hits[row].guess == "brand new" for row in rows)
    assert extended.without_class("brand new").classes == retriever.classes


def test_examples_may_come_from_outside(repository, retriever):
    files = [repository / "raw" / retriever.gallery.images[row] for row in (5, 6)]
    texts = [retriever.gallery.texts[row] for row in (5, 6)]
    outside = retriever.with_class("brand new", images=files, texts=texts)
    inside = retriever.with_class("brand new", rows=[5, 6])
    for modality in ("image", "text"):
        ours, theirs = (r.items("model", modality) for r in (outside, inside))
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_a_class_needs_a_new_name(retriever):
    with pytest.raises(UserError, match="known already"):
        retriever.with_class(retriever.classes[0])
    with pytest.raises(UserError, match="was not added"):
        retriever.without_class(retriever.classes[0])


@pytest.mark.parametrize("name", ["", "  "])
def test_a_class_needs_a_name(retriever, name):
    with pytest.raises(UserError, match="name is empty"):
        retriever.with_class(name)


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        ({"texts": "a bird"}, r"texts: give a list of examples, as in texts=\[...\]"),
        ({"images": "bird.png"}, "images: give a list"),
        ({"images": Path("bird.png")}, "images: give a list"),
        ({"images": b"\x89PNG"}, "images: give a list"),
        ({"rows": [-1]}, "rows: -1 is none of the gallery's 0 to "),
        ({"rows": [0, 10**6]}, "rows: 1000000 is none of"),
    ],
)
def test_examples_that_are_none_are_refused(retriever, examples, message):
    with pytest.raises(ValueError, match=message):
        retriever.with_class("brand new", **examples)


def test_a_model_without_coordinates_searches_but_takes_no_class(tmp_path, drawings, tiny_encoder):
    write_repository(tmp_path, drawings, tiny_encoder, variant="gcrdp")
    plain = xshot.Retriever.load(tmp_path / "models/projector", device="cpu")
    assert plain.search(text="a dog")[0].guess is None
    with pytest.raises(UserError, match="gcrdp has no class-posterior coordinates"):
        plain.with_class("brand new")
    save_model(tmp_path, "clip")
    raw = xshot.Retriever.load(tmp_path / "models/projector", device="cpu")
    rows = [[hit.row for hit in raw.search(text="a dog", system=s)] for s in ("model", "clip")]
    assert rows[0] == rows[1]


def test_without_templates_no_class_can_be_added(copy_of, retriever):
    (copy_of / "data/features.h5").unlink()
    alone = xshot.Retriever.load(
        copy_of / "models/projector", gallery=retriever.gallery, device="cpu"
    )
    assert alone.search(text="a dog")
    with pytest.raises(UserError, match="templates"):
        alone.with_class("brand new")
