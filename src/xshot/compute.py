"""Where and with how many threads a stage computes."""

import os
import sys
from pathlib import Path

from xshot.errors import UserError

TRAINING_THREADS = 1
"""CPU threads of one training, whatever `threads` says: for minibatches this small a second
thread costs more in hand-overs than it computes, and on a busy machine ten times as much."""

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def resolve_device(name: str) -> str:
    """The device that `name` (`auto`, `cpu`, `cuda` or `cuda:N`) stands for: `cpu` or `cuda:N`.

    A GPU is told on the way to compute the same bits in every run, and float32 in float32.

    Raises:
        UserError: a GPU is asked for that is not there.
    """
    if name == "cpu" or (name == "auto" and _has_no_gpu()):
        return "cpu"

    import torch

    found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == "auto" and not found:
        return "cpu"
    index = int(name.partition(":")[2] or 0)
    if index >= found:
        raise UserError(
            f"device: {name} is asked for, but torch finds {found} CUDA devices; "
            "set device to auto or cpu"
        )
    _settle_cuda()
    return f"cuda:{index}"


def _has_no_gpu() -> bool:
    """Whether a look at the system shows that there is none: it costs less than to ask torch."""
    # NVIDIA's driver, AMD's and Windows' for Linux; elsewhere only torch knows.
    devices = ("nvidiactl", "nvidia0", "kfd", "dxg")
    return sys.platform == "linux" and not any(Path("/dev", name).exists() for name in devices)


def _settle_cuda() -> None:
    import torch

    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when cuBLAS is first used
    torch.backends.cudnn.deterministic = True
    # With a warning where an operation has one order only that varies: no run is lost for it.
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Nothing here reads memory that was not written.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    # By default convolutions keep 10 of float32's 23 bits, and float16 sums may be in float16.
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False


def limit_threads(count: int) -> None:
    """Let torch and BLAS compute on `count` CPU threads, whether they are loaded yet or not."""
    for variable in _THREAD_VARIABLES:
        os.environ[variable] = str(count)  # read by what is loaded from here on

    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    threadpool_limits(count)
    if "torch" in sys.modules:
        import torch

        torch.set_num_threads(count)
