import pytest
from pydantic import ValidationError

from xshot.retrieval.params import EvaluateParams


@pytest.mark.parametrize("resamples", [0, 100, 1000])
def test_resamples(resamples):
    assert EvaluateParams(gallery="test", bootstrap=resamples).bootstrap == resamples


@pytest.mark.parametrize("resamples", [-1, 1, 99, 100_001, 1000.0, "1000", True])
def test_what_is_no_number_of_resamples(resamples):
    with pytest.raises(ValidationError):
        EvaluateParams(gallery="test", bootstrap=resamples)


def test_too_few_resamples_are_told_what_to_do():
    with pytest.raises(ValidationError, match="0 turns intervals off"):
        EvaluateParams(gallery="test", bootstrap=20)


def test_the_schema_says_what_the_validator_allows():
    allowed = EvaluateParams.model_json_schema()["properties"]["bootstrap"]["anyOf"]
    assert allowed == [{"enum": [0]}, {"type": "integer", "minimum": 100, "maximum": 100_000}]
