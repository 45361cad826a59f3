"""A model is made of the parts that its variant names."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from xshot.projector.baselines import clip_adapter
from xshot.projector.choice import Choice
from xshot.projector.embedder import project
from xshot.projector.fitting import assemble, evidence_of, projected_evidence
from xshot.variants import VARIANTS


@pytest.mark.parametrize("name", VARIANTS)
def test_parts_are_those_of_the_variant(fit, name):
    embedder, curves = fit(name)
    variant = VARIANTS[name]
    assert (embedder.projector is not None) == variant.projector
    assert (embedder.coordinates is not None) == (variant.coordinates != "none")
    if variant.projector:
        assert (embedder.projector.gate is not None) == variant.gate
        terms = "dscmr" if variant.objective == "dscmr" else "classification"
        steps = clip_adapter.EPOCHS if variant.objective == "clip_adapter" else 4
        assert len(curves.series(terms)) == steps
    if variant.coordinates != "none":
        kinds = embedder.coordinates[0].evidence.kinds
        assert ("projected" in kinds) == variant.projector
        assert embedder.coordinates[0].evidence.logarithmic == (variant.coordinates == "posterior")


def test_projected_evidence_is_of_projected_prompts_rows_and_queries(fit, training, params):
    projector = fit("xshot")[0].projector
    plain = evidence_of(training, VARIANTS["xshot"], params)
    image, text = projected_evidence(plain, training, projector, params)
    source = np.flatnonzero(~training.is_target)
    for own, rows, side in ((image, training.image, 0), (text, training.text, 1)):
        projected = project(projector, rows, side)
        means = [projected[training.labels[:, c]].mean(axis=0) for c in source]
        expected = means / np.linalg.norm(means, axis=1, keepdims=True)
        assert_allclose(own.prototypes[source], expected, atol=1e-5)


def test_weight_zero_removes_the_coordinates(fit, training, params):
    off = params.model_copy(update={"coordinates": 0.0})
    assert evidence_of(training, VARIANTS["posterior"], off) is None


def test_one_projector_serves_many_choices(fit, training, params, choice):
    embedder, _ = fit("xshot")
    plain = evidence_of(training, VARIANTS["xshot"], params)
    evidence = projected_evidence(plain, training, embedder.projector, params)
    again = assemble(training, embedder.projector, evidence, params, choice)
    assert_allclose(again.embed_image(training.image), embedder.embed_image(training.image))
    shifted = {side: own | {"source": 30.0} for side, own in choice.weights.items()}
    other = assemble(
        training, embedder.projector, evidence, params, replace(choice, weights=shifted)
    )
    shares = other.coordinates[0].posterior(training.image, training.image)
    assert (shares[:, ~training.is_target] < 1e-3).all()


def test_without_weights_there_are_no_coordinates(training, params):
    evidence = evidence_of(training, VARIANTS["posterior"], params)
    assert assemble(training, None, evidence, params, Choice(0, 0.0)).coordinates is None
