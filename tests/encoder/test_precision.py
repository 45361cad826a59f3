"""What `auto` means: one precision for CPUs, one for GPUs."""

import pytest

from xshot.encoder.precision import resolve_precision
from xshot.errors import UserError


@pytest.mark.parametrize("name", ["float32", "bfloat16"])
def test_a_named_precision_is_taken_at_its_word(name):
    assert resolve_precision(name, "cpu") == name
    assert resolve_precision(name, "cuda:0") == name


def test_float16_is_for_gpus():
    assert resolve_precision("float16", "cuda:0") == "float16"
    with pytest.raises(UserError, match=r"clip.precision: float16 is for GPUs"):
        resolve_precision("float16", "cpu")


def test_auto_is_the_same_on_every_processor_of_a_kind():
    assert resolve_precision("auto", "cpu") == "float32"
    assert resolve_precision("auto", "cuda:0") == "float16"
