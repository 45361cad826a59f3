"""A retriever embeds queries with the encoder that its model was trained on, or says why not."""

import json
import shutil
from dataclasses import replace

import h5py
import pytest

import xshot
from xshot.errors import UserError


def test_a_changed_encoder_is_refused(copy_of):
    encoder = copy_of / "encoder"
    real = encoder.resolve()
    encoder.unlink()
    shutil.copytree(real, encoder)
    config = encoder / "open_clip_config.json"
    config.write_text(config.read_text() + " ")
    with pytest.raises(UserError, match=r"encoder: not the encoder .* trained with"):
        xshot.Retriever.load(copy_of / "models/projector", device="cpu")


@pytest.fixture
def imported(copy_of):
    """The repository as if its features had been imported; names what `clip.weights` is."""

    def rename(weights):
        config = copy_of / "models/projector/config.json"
        tree = json.loads(config.read_text())
        tree["provenance"] |= {"encoder_fingerprint": "imported 1", "encoder_path": weights}
        config.write_text(json.dumps(tree))
        with h5py.File(copy_of / "data/features.h5", "r+") as file:
            file.attrs["encoder_fingerprint"] = "imported 1"
        return copy_of / "models/projector"

    return rename


def test_with_imported_features_the_encoder_is_the_one_named(imported, retriever):
    model = imported("encoder")
    found = xshot.Retriever.load(model, device="cpu").search(text="a dog")
    assert found == retriever.search(text="a dog")


def test_with_imported_features_an_encoder_must_be_named(imported, copy_of):
    model = imported("own")
    (copy_of / "own").mkdir()
    (copy_of / "own/features.h5").touch()
    with pytest.raises(UserError, match="own: holds imported features, not an encoder; set clip"):
        xshot.Retriever.load(model, device="cpu")


def test_an_encoder_of_other_dimensions_is_refused(imported, copy_of):
    shutil.copytree((copy_of / "encoder").resolve(), copy_of / "other")
    config = copy_of / "other/open_clip_config.json"
    config.write_text(config.read_text().replace('"embed_dim": 32', '"embed_dim": 16'))
    with pytest.raises(UserError, match=r"other: makes features of 16 dimensions, .* with 32; set"):
        xshot.Retriever.load(imported("other"), device="cpu")


def test_an_encoder_that_is_gone_is_named(copy_of):
    (copy_of / "encoder").unlink()
    with pytest.raises(UserError, match="encoder encoder is in no folder above it"):
        xshot.Retriever.load(copy_of / "models/projector", device="cpu")


def test_features_of_another_encoder_are_refused(retriever, repository):
    other = replace(retriever.gallery, encoder_fingerprint="other")
    with pytest.raises(UserError, match="another encoder"):
        xshot.Retriever.load(repository / "models/projector", gallery=other, device="cpu")
