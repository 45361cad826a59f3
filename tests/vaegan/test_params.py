"""Whatever the schema of `vaegan` lets through can be computed with, or is said to diverge."""

from contextlib import suppress

import pytest

from tests.support.bounds import extreme_floats
from tests.vaegan.test_training import train, weights
from xshot.errors import UserError
from xshot.vaegan.params import MAX_DRAWS, SynthesizeParams, VaeganParams

FLOATS = extreme_floats(VaeganParams)
HIGHEST_RATES = [(name, value) for name, value in FLOATS if name.startswith("lr_") and value == 1]


@pytest.mark.parametrize(
    ("name", "value"), [extreme for extreme in FLOATS if extreme not in HIGHEST_RATES]
)
@pytest.mark.parametrize("init", ["ppca", "random"])
def test_an_extreme_value_can_be_trained_with(training, params, init, name, value):
    model, _ = train(training, params.model_copy(update={"init": init, name: value}))
    assert weights(model).isfinite().all()


@pytest.mark.parametrize(("name", "value"), HIGHEST_RATES)
def test_the_highest_learning_rates_diverge_with_one_line_or_not_at_all(
    training, params, name, value
):
    fast = params.model_copy(update={name: value, "steps": 60})
    with suppress(UserError):
        assert weights(train(training, fast)[0]).isfinite().all()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden", 1_000_000),
        ("latent_dim", 1_000_000),
        ("batch_size", 1_000_000),
        ("critic_steps", int(1e30)),
        ("steps", int(1e30)),
        ("kl_weight", 1e308),
        ("lr_critic", 1e30),
    ],
)
def test_a_value_beyond_what_can_be_computed_is_refused(params, name, value):
    with pytest.raises(ValueError, match=name):
        VaeganParams.model_validate({**params.model_dump(), name: value})


def test_a_training_of_too_many_draws_is_refused(params):
    sizes = {"steps": 10_000, "batch_size": 1000}
    most = MAX_DRAWS // 10_000_000 - 1
    VaeganParams.model_validate({**params.model_dump(), **sizes, "critic_steps": most})
    with pytest.raises(ValueError, match=r"critic_steps\n.* lower vaegan\.steps, vaegan\.batch"):
        VaeganParams.model_validate({**params.model_dump(), **sizes, "critic_steps": most + 1})


def test_more_pairs_than_memory_holds_are_refused():
    with pytest.raises(ValueError, match="pairs_per_class"):
        SynthesizeParams(pairs_per_class=1_000_000, source_below=0)
