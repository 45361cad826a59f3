"""What `auto` means is what the hardware can do."""

import pytest
import torch

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


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({}, "float32"),
        ({"avx512_f": True}, "float32"),
        ({"avx512_bf16": True}, "bfloat16"),
        ({"amx_bf16": True}, "bfloat16"),
        ({"avx512_bf16": False, "amx_bf16": False}, "float32"),
    ],
)
def test_auto_on_a_cpu_asks_for_its_instructions(monkeypatch, flags, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: flags)
    assert resolve_precision("auto", "cpu") == expected
