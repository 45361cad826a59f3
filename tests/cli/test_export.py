"""`xshot export`: what a user types and what comes out."""

import re
from pathlib import Path

import h5py
import numpy as np
import pytest

from xshot.errors import UserError


def test_embeddings_are_exported_for_other_engines(xshot, photos):
    told = xshot("export", "--to", "embeddings").stdout
    assert re.fullmatch(r"embeddings: \d+ rows of \d+ dimensions, float32\n", told)
    xshot("index", photos[0])
    index = "data/indexes/my photos.h5"
    told = xshot("export", "--to", "embeddings", "--index", index, "--system", "clip", "--float16")
    assert re.fullmatch(r"embeddings: 1 rows of \d+ dimensions, float16\n", told.stdout)
    vector = np.load("embeddings/img_emb/img_emb_0.npy")
    assert (len(vector), vector.dtype) == (1, np.float16)
    assert not Path("embeddings/text_emb").exists()


def test_an_index_of_another_encoder_is_not_exported(xshot, photos):
    xshot("index", photos[0])
    index = "data/indexes/my photos.h5"
    with h5py.File(index, "r+") as file:
        file.attrs["encoder_fingerprint"] = "another"
    with pytest.raises(UserError, match="its features are of another encoder than models"):
        xshot("export", "--to", "embeddings", "--index", index)
    assert not Path("embeddings").exists()


def test_nothing_is_exported_over_other_files(xshot):
    with pytest.raises(UserError, match=r"data: holds other files; name a new folder"):
        xshot("export", "--to", "data")
