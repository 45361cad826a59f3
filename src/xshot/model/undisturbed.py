"""Computing as the stages compute, in a process that is somebody else's."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from threading import RLock

import numpy as np
import torch
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from xshot.compute import resolve_device

_ONE_AT_A_TIME = RLock()

_WORKSPACE = "CUBLAS_WORKSPACE_CONFIG"


@contextmanager
def undisturbed(device: str, threads: int) -> Iterator[str]:
    """Within, what the bits of a result depend on is as in the stages; then all is as it was.

    That is the number of CPU threads of torch and BLAS, gradients, default types and devices, what
    NumPy does about rounding, and on a GPU that operations have one order. Most of it is of the
    whole process, so that of several threads one enters at a time.

    Args:
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        threads: CPU threads of torch and BLAS.

    Yields:
        `cpu` or `cuda:N`.

    Raises:
        UserError: a GPU is asked for that is not there.
    """
    on_cpu = torch.get_default_device().type == "cpu"
    with (
        _ONE_AT_A_TIME,
        _restored(),
        _restored_cuda() if torch.cuda.is_available() else nullcontext(),
        threadpool_limits(threads),
        np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"),
        nullcontext() if on_cpu else torch.device("cpu"),
        torch.inference_mode(False),
        torch.enable_grad(),
    ):
        torch.set_num_threads(threads)
        torch.set_default_dtype(torch.float32)
        yield resolve_device(device)


@contextmanager
def _restored() -> Iterator[None]:
    threads, dtype = torch.get_num_threads(), torch.get_default_dtype()
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_default_dtype(dtype)


@contextmanager
def _restored_cuda() -> Iterator[None]:
    """What `resolve_device` settles."""
    cudnn, products = torch.backends.cudnn, torch.backends.cuda.matmul
    memory = torch.utils.deterministic
    one_order = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    kept = (
        cudnn.deterministic,
        cudnn.allow_tf32,
        products.allow_fp16_reduced_precision_reduction,
        memory.fill_uninitialized_memory,  # type: ignore[attr-defined]
    )
    workspace = os.environ.get(_WORKSPACE)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(one_order, warn_only=warn_only)
        cudnn.deterministic, cudnn.allow_tf32 = kept[:2]
        products.allow_fp16_reduced_precision_reduction = kept[2]
        memory.fill_uninitialized_memory = kept[3]  # type: ignore[attr-defined]
        if workspace is None:
            os.environ.pop(_WORKSPACE, None)
