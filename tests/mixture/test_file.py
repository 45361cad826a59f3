from dataclasses import fields, replace

import numpy as np
import pytest

from xshot.errors import UserError
from xshot.mixture.file import read_mixtures, read_source_hash, write_mixtures
from xshot.mixture.mixture import Mixture, Mixtures


def make_mixture(seed):
    rng = np.random.default_rng(seed)
    shapes = {"mean": 6, "axes": (6, 2), "weights": 3, "means": (3, 2), "variances": (3, 2)}
    return Mixture(**{name: rng.random(shape) for name, shape in shapes.items()})


MIXTURES = Mixtures(image=make_mixture(0), text=make_mixture(1))


def test_mixtures_survive_the_file(tmp_path):
    write_mixtures(tmp_path / "mixture.h5", MIXTURES, source_hash="rows")
    found = read_mixtures(tmp_path / "mixture.h5")
    for modality in ("image", "text"):
        for part in fields(Mixture):
            np.testing.assert_array_equal(
                getattr(getattr(found, modality), part.name),
                getattr(getattr(MIXTURES, modality), part.name),
            )


def test_no_mixtures_survive_the_file(tmp_path):
    write_mixtures(tmp_path / "mixture.h5", None, source_hash="")
    assert read_mixtures(tmp_path / "mixture.h5") is None


@pytest.mark.parametrize("mixtures", [MIXTURES, None])
def test_equal_mixtures_give_equal_bytes(tmp_path, mixtures):
    for name in ("a.h5", "b.h5"):
        write_mixtures(tmp_path / name, mixtures, source_hash="rows")
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_an_absent_file(tmp_path):
    with pytest.raises(UserError, match="not found; re-run `dvc repro fit_gmm`"):
        read_mixtures(tmp_path / "mixture.h5")


def test_a_truncated_file(tmp_path):
    path = tmp_path / "mixture.h5"
    write_mixtures(path, MIXTURES, source_hash="rows")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError, match="truncated"):
        read_mixtures(path)


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("mean", np.zeros(5)),
        ("means", np.zeros((2, 2))),
        ("weights", np.full(3, np.nan)),
        ("variances", np.zeros((3, 2))),
    ],
)
def test_parts_that_do_not_fit(tmp_path, part, value):
    path = tmp_path / "mixture.h5"
    spoilt = replace(make_mixture(0), **{part: value})
    write_mixtures(path, Mixtures(image=spoilt, text=make_mixture(1)), source_hash="rows")
    with pytest.raises(UserError, match=r"damaged.*`dvc repro fit_gmm`"):
        read_mixtures(path)


def test_the_rows_learned_from_are_recorded(tmp_path):
    write_mixtures(tmp_path / "mixture.h5", MIXTURES, source_hash="rows")
    assert read_source_hash(tmp_path / "mixture.h5") == "rows"
