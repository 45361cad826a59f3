"""Devices and threads."""

import subprocess
import sys

import pytest
import torch
from threadpoolctl import threadpool_info

from xshot.compute import limit_threads, resolve_device
from xshot.errors import UserError


def gpus(monkeypatch, count):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)


@pytest.mark.parametrize(
    ("name", "count", "device"),
    [
        ("cpu", 0, "cpu"),
        ("cpu", 2, "cpu"),
        ("auto", 0, "cpu"),
        ("auto", 2, "cuda:0"),
        ("cuda", 1, "cuda:0"),
        ("cuda:1", 2, "cuda:1"),
    ],
)
def test_devices(monkeypatch, name, count, device):
    gpus(monkeypatch, count)
    assert resolve_device(name) == device


@pytest.mark.parametrize(("name", "count"), [("cuda", 0), ("cuda:0", 0), ("cuda:2", 2)])
def test_a_gpu_that_is_not_there_is_an_error(monkeypatch, name, count):
    gpus(monkeypatch, count)
    with pytest.raises(UserError, match=f"{name} is asked for, but torch finds {count} CUDA"):
        resolve_device(name)


def test_cpu_does_not_import_torch():
    code = "import sys; from xshot.compute import resolve_device; resolve_device('cpu')"
    code += "; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_threads_of_what_is_loaded_and_of_what_comes_later():
    code = """
import sys
import numpy
from xshot.compute import limit_threads
limit_threads(1)
assert "torch" not in sys.modules
import torch
assert torch.get_num_threads() == 1
from threadpoolctl import threadpool_info
assert all(library["num_threads"] == 1 for library in threadpool_info()), threadpool_info()
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_limits_torch_at_once(monkeypatch):
    before = torch.get_num_threads()
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.setenv(name, "9")  # restored afterwards
    try:
        limit_threads(2)
        assert torch.get_num_threads() == 2
        assert {library["num_threads"] for library in threadpool_info()} == {2}
    finally:
        limit_threads(before)
