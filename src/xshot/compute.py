"""Where and with how many threads a stage computes."""

import os
import sys

from xshot.errors import UserError

TRAINING_THREADS = 1
"""CPU threads of one training, whatever `threads` says: for minibatches this small a second
thread costs more in hand-overs than it computes, and on a busy machine ten times as much."""

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def resolve_device(name: str) -> str:
    """The device that `name` (`auto`, `cpu`, `cuda` or `cuda:N`) stands for: `cpu` or `cuda:N`.

    Raises:
        UserError: a GPU is asked for that is not there.
    """
    if name == "cpu":
        return "cpu"

    import torch

    found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == "auto":
        return "cuda:0" if found else "cpu"
    index = int(name.partition(":")[2] or 0)
    if index >= found:
        raise UserError(
            f"device: {name} is asked for, but torch finds {found} CUDA devices; "
            "set device to auto or cpu"
        )
    return f"cuda:{index}"


def limit_threads(count: int) -> None:
    """Let torch and BLAS compute on `count` CPU threads, whether they are loaded yet or not."""
    for variable in _THREAD_VARIABLES:
        os.environ[variable] = str(count)  # read by what is loaded from here on

    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    threadpool_limits(count)
    if "torch" in sys.modules:
        import torch

        torch.set_num_threads(count)
