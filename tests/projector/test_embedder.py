"""The trained model: its parts follow each other, whatever the variant."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from xshot.episode.training_set import Centring
from xshot.projector.coordinates import join
from xshot.projector.embedder import Embedder, project


def test_raw_clip_stays_as_it_is(features):
    nothing = np.zeros(8, np.float32)
    embedder = Embedder(Centring(nothing, nothing))
    assert_allclose(embedder.embed_image(features), features, atol=1e-6)


def test_centring_is_of_the_own_modality(features):
    image, text = np.full(8, 0.1, np.float32), np.full(8, -0.2, np.float32)
    embedder = Embedder(Centring(image, text))
    for embed, mean in ((embedder.embed_image, image), (embedder.embed_text, text)):
        moved = features - mean
        expected = moved / np.linalg.norm(moved, axis=1, keepdims=True)
        assert_allclose(embed(features), expected, atol=1e-6)


def test_parts_follow_each_other(fit, features):
    embedder, _ = fit("xshot")
    centred = embedder.centring.of_text(features)
    projected = project(embedder.projector, centred, 1)
    own = embedder.coordinates[1]
    expected = join(projected, own.posterior(centred, projected), weight=own.weight, side=1)
    assert_array_equal(embedder.embed_text(features), expected)


def test_a_projection_is_that_of_the_own_modality(fit, features):
    projector = fit("flex_clip")[0].projector
    both = projector(torch.from_numpy(np.stack([features, features])))
    for side in (0, 1):
        assert_allclose(project(projector, features, side), both[side].numpy(), atol=1e-6)
    assert_array_equal(project(None, features, 0), features)


def test_gates_are_those_of_the_projector(fit, features):
    embedder, _ = fit("flex_clip")
    gates = embedder.gates(features, features[:4])
    assert gates["image"].shape == (9,)
    assert gates["text"].shape == (4,)
    centred = torch.from_numpy(embedder.centring.of_image(features))[None]
    expected = embedder.projector.gates(centred, slice(0, 1))[0]
    assert_allclose(gates["image"], expected.numpy())


@pytest.mark.parametrize("name", ["no_gate", "centred_clip"])
def test_without_a_gate_there_are_no_gates(fit, features, name):
    assert fit(name)[0].gates(features, features) == {}


def test_an_untrained_model_needs_no_torch():
    """`clip`, `centred_clip`, `posterior` and `tip_adapter` are made, saved and loaded so."""
    code = (
        "import sys\n"
        "import xshot.projector.file, xshot.projector.fitting\n"
        "sys.exit('torch' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_equal_rows_get_equal_bits_wherever_they_stand(fit, features):
    """A matrix product may round equal rows unlike, by their place in the matrix."""
    embedder, _ = fit("xshot")
    place = np.random.default_rng(0).permutation(np.repeat(np.arange(9), 37))
    for embed in (embedder.embed_image, embedder.embed_text):
        embedded = embed(features[place])
        assert_allclose(embedded, embed(features)[place], atol=1e-5)
        assert len(np.unique(embedded, axis=0)) == 9
