"""Whatever the schema of `projector` lets through can be computed with."""

import numpy as np
import pytest

from tests.support.bounds import extreme_floats
from xshot.projector.params import ProjectorParams

FLOATS = extreme_floats(ProjectorParams)


@pytest.mark.parametrize(("name", "value"), FLOATS)
def test_an_extreme_value_gives_finite_embeddings(fit, params, features, name, value):
    embedder, _ = fit("xshot", params=params.model_copy(update={name: value}))
    for embedded in (embedder.embed_image(features), embedder.embed_text(features)):
        assert np.isfinite(embedded).all()
        np.testing.assert_allclose(np.linalg.norm(embedded, axis=1), 1, rtol=1e-5)


def test_so_do_all_highest_values_at_once(fit, params, features):
    highest = {name: value for name, value in FLOATS if value > getattr(params, name)}
    embedder, _ = fit("xshot", params=params.model_copy(update=highest))
    assert np.isfinite(embedder.embed_image(features)).all()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden", 10_000_000),
        ("batch_size", 10_000_000),
        ("gate_bias", -1e308),
        ("gate_bias", 1e308),
        ("coordinates", 1e308),
        ("sharpness", 1e-300),
        ("class_temperature", 1e-300),
        ("weight_decay", 1e30),
    ],
)
def test_a_value_beyond_what_can_be_computed_is_refused(params, name, value):
    with pytest.raises(ValueError, match=name):
        ProjectorParams.model_validate({**params.model_dump(), name: value})
