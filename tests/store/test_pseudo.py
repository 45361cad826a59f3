from dataclasses import replace

import h5py
import numpy as np
import pytest

from xshot.errors import UserError
from xshot.store.pseudo import PseudoFeatures, read_pseudo, write_pseudo

CLASSES = ("bird", "cat", "dog")


def make(n_rows=5):
    rng = np.random.default_rng(0)
    return PseudoFeatures(
        image=rng.normal(size=(n_rows, 4)).astype(np.float32),
        text=rng.normal(size=(n_rows, 4)).astype(np.float32),
        classes=rng.integers(3, size=n_rows),
        components=rng.integers(-1, 2, size=n_rows),
    )


def assert_equal(found, expected):
    for name in ("image", "text", "classes", "components"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


@pytest.mark.parametrize("pseudo", [make(), PseudoFeatures.empty(4)])
def test_rows_survive_the_file(tmp_path, pseudo):
    write_pseudo(tmp_path / "pseudo.h5", pseudo, CLASSES, "hash")
    found = read_pseudo(tmp_path / "pseudo.h5", CLASSES)
    assert_equal(found, pseudo)
    assert found.image.shape == (len(pseudo.classes), 4)
    assert found.classes.dtype == found.components.dtype == np.int64


def test_classes_are_stored_by_name(tmp_path):
    pseudo = make()
    write_pseudo(tmp_path / "pseudo.h5", pseudo, CLASSES, "hash")
    reordered = read_pseudo(tmp_path / "pseudo.h5", CLASSES[::-1])
    np.testing.assert_array_equal(reordered.classes, 2 - pseudo.classes)


def test_equal_rows_give_equal_bytes(tmp_path):
    for name in ("a.h5", "b.h5"):
        write_pseudo(tmp_path / name, make(), CLASSES, "hash")
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_rows_have_ids_and_the_hash_of_what_they_were_learned_from(tmp_path):
    write_pseudo(tmp_path / "pseudo.h5", make(2), CLASSES, "hash")
    with h5py.File(tmp_path / "pseudo.h5") as file:
        assert list(file["index/id"].asstr()) == ["pseudo-000000", "pseudo-000001"]
        assert file.attrs["source_hash"] == "hash"


class TestRefusal:
    def test_an_absent_file(self, tmp_path):
        with pytest.raises(UserError, match="not found; re-run `dvc repro synthesize`"):
            read_pseudo(tmp_path / "pseudo.h5", CLASSES)

    def test_a_truncated_file(self, tmp_path):
        path = tmp_path / "pseudo.h5"
        write_pseudo(path, make(), CLASSES, "hash")
        path.write_bytes(path.read_bytes()[:-50])
        with pytest.raises(UserError, match="truncated"):
            read_pseudo(path, CLASSES)

    def test_a_class_of_another_episode(self, tmp_path):
        write_pseudo(tmp_path / "pseudo.h5", make(), CLASSES, "hash")
        with pytest.raises(UserError, match="re-run `dvc repro synthesize`"):
            read_pseudo(tmp_path / "pseudo.h5", ("bird",))

    @pytest.mark.parametrize("spoil", ["not finite", "too short"])
    def test_rows_that_do_not_fit(self, tmp_path, spoil):
        path = tmp_path / "pseudo.h5"
        pseudo = make()
        if spoil == "not finite":
            pseudo.image[1] = np.nan
        else:
            pseudo = replace(pseudo, text=pseudo.text[1:])
        write_pseudo(path, pseudo, CLASSES, "hash")
        with pytest.raises(UserError, match=r"damaged.*`dvc repro synthesize`"):
            read_pseudo(path, CLASSES)
