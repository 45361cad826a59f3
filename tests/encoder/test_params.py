"""Section `clip`."""

import pytest
from pydantic import ValidationError

from xshot.encoder.params import ClipParams

GOOD = {
    "weights": "models/encoders/some",
    "architecture": None,
    "precision": "auto",
    "engine": "local",
    "long_texts": "split",
    "batch_size": 256,
    "templates": ["a picture of {}", "{}"],
}


def parse(**changes):
    import json

    return ClipParams.model_validate_json(json.dumps({**GOOD, **changes}))


def test_what_params_yaml_may_say():
    assert parse().templates == ("a picture of {}", "{}")
    assert parse(templates="auto").templates == "auto"
    assert parse(architecture="ViT-B-32").architecture == "ViT-B-32"


@pytest.mark.parametrize(
    "changes",
    [
        {"templates": []},
        {"templates": "a photo of {}"},
        {"templates": ["a picture"]},
        {"templates": ["{} and {}"]},
        {"precision": "half"},
        {"batch_size": 0},
        {"weights": ""},
        {"architecture": ""},
        {"long_texts": "drop"},
        {"engine": "spark"},
        {"workers": 4},
    ],
)
def test_nonsense_is_refused(changes):
    with pytest.raises(ValidationError):
        parse(**changes)
