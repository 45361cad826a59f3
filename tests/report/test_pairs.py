import pytest

from xshot.errors import UserError
from xshot.report.pairs import pairs_of
from xshot.store.manifest import Manifest

MANIFEST = Manifest(
    ids=("a", "b", "c"),
    images=("x/1.png", "x/2.png", "3.png"),
    texts=("one", "two", "three"),
    labels=(("p",), ("q",), ("p", "q")),
    splits=("train", "test", "test"),
)


def test_pairs_stand_in_the_order_asked_for(tmp_path):
    pairs = pairs_of(MANIFEST, ("c", "a"), tmp_path)
    assert pairs.images == (tmp_path / "3.png", tmp_path / "x" / "1.png")
    assert pairs.texts == ("three", "one")
    assert pairs.attribution is None


def test_the_first_line_of_the_licence_is_the_attribution(tmp_path):
    (tmp_path / "LICENSE.txt").write_text("\n  Drawings by Ann, CC BY 4.0 \nThe rest.\n")
    assert pairs_of(MANIFEST, ("a",), tmp_path).attribution == "Drawings by Ann, CC BY 4.0"


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_an_empty_licence_names_nobody(tmp_path, text):
    (tmp_path / "LICENSE.txt").write_text(text)
    assert pairs_of(MANIFEST, ("a",), tmp_path).attribution is None


def test_a_row_that_the_manifest_does_not_know_is_named(tmp_path):
    with pytest.raises(UserError, match=r"'z'.*dvc repro prepare"):
        pairs_of(MANIFEST, ("a", "z"), tmp_path)
