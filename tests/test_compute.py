"""Devices and threads."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from threadpoolctl import threadpool_info

from xshot.compute import _has_no_gpu, limit_threads, resolve_device
from xshot.errors import UserError

SETTINGS = (
    (torch.backends.cudnn, "deterministic"),
    (torch.backends.cudnn, "allow_tf32"),
    (torch.backends.cuda.matmul, "allow_fp16_reduced_precision_reduction"),
    (torch.utils.deterministic, "fill_uninitialized_memory"),
)


@pytest.fixture(autouse=True)
def _settings_as_before(monkeypatch):
    """What a GPU is told is told to torch as a whole."""
    before = [getattr(where, name) for where, name in SETTINGS]
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    yield
    for (where, name), value in zip(SETTINGS, before, strict=True):
        setattr(where, name, value)
    torch.use_deterministic_algorithms(False)


def gpus(monkeypatch, count):
    monkeypatch.setattr("xshot.compute._has_no_gpu", lambda: False)
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


def test_a_gpu_computes_the_same_bits_in_every_run_and_float32_in_float32(monkeypatch):
    gpus(monkeypatch, 0)
    resolve_device("auto")
    assert not torch.are_deterministic_algorithms_enabled()
    gpus(monkeypatch, 1)
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG")
    resolve_device("auto")
    assert torch.are_deterministic_algorithms_enabled()
    assert torch.is_deterministic_algorithms_warn_only_enabled()
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    assert [getattr(where, name) for where, name in SETTINGS] == [True, False, False, False]


@pytest.mark.parametrize("name", ["cpu", "auto"])
def test_without_a_gpu_torch_is_not_imported(name):
    code = "import sys; from xshot import compute; compute._has_no_gpu = lambda: True"
    code += f"; assert compute.resolve_device('{name}') == 'cpu'; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_gpu_s_device_file_shows_that_there_may_be_one(monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    for file, missing in (("/dev/nvidiactl", False), ("/dev/dxg", False), ("/dev/null", True)):
        monkeypatch.setattr(Path, "exists", lambda self, file=file: str(self) == file)
        assert _has_no_gpu() is missing
    monkeypatch.setattr("sys.platform", "darwin")
    assert not _has_no_gpu()


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
