"""Epochs of the VAE-GAN and the projector beside their peers, on the device and on the CPU.

Seconds an epoch, the least of three. `larger_batches` is an epoch of eight times larger batches:
where it takes an eighth of the time, launching kernels is what the epoch takes, not computing.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import torch

from benchmarks import bench_projector, bench_vaegan, wgan_gp
from benchmarks.gpu_parts.sizes import Sizes
from xshot.params import load_params
from xshot.projector.params import ProjectorParams
from xshot.vaegan.params import VaeganParams

_LARGER = 8


def findings(sizes: Sizes) -> Iterator[tuple[str, Any]]:
    """With the shipped params, and no mixture."""
    params = load_params()
    yield "vaegan", _vaegan(params.section(VaeganParams), sizes)
    yield "projector", _projector(params.section(ProjectorParams), sizes)


def _vaegan(default: VaeganParams, sizes: Sizes) -> dict[str, Any]:
    few = default.model_copy(update={"steps": bench_vaegan.COMPARED})
    start = partial(bench_vaegan.Start, pairs=sizes.epoch)
    exact = start(few, torch.float64, device=sizes.device)
    theirs = exact.train(wgan_gp.train, few)[:: bench_vaegan.LOG_EVERY]
    found: dict[str, Any] = {
        "losses_are_the_peers": bool(
            np.allclose(theirs, exact.train(bench_vaegan.xshot, few), rtol=1e-4, atol=0)
        )
    }

    def epoch(trainer: bench_vaegan.Trainer, device: str, factor: int = 1) -> float:
        batch = default.batch_size * factor
        sized = default.model_copy(
            update={"batch_size": batch, "steps": max(1, sizes.epoch // batch)}
        )
        begin = start(sized, torch.float32, device=device)
        return _least(lambda: begin.train(trainer, sized))

    found["xshot"] = epoch(bench_vaegan.xshot, sizes.device)
    found["peer"] = epoch(wgan_gp.train, sizes.device)
    found["xshot_larger_batches"] = epoch(bench_vaegan.xshot, sizes.device, _LARGER)
    found["xshot_on_cpu"] = epoch(bench_vaegan.xshot, "cpu")
    return found


def _projector(default: ProjectorParams, sizes: Sizes) -> dict[str, Any]:
    training = bench_projector.make_training_set(sizes.epoch)
    still = default.model_copy(update={"dropout": 0.0})
    compared = min(bench_projector.COMPARED, sizes.epoch // default.batch_size)
    trained = [
        bench_projector.xshot(training, still, compared, device) for device in (sizes.device, "cpu")
    ]

    def epoch(trainer: Any, device: str, factor: int = 1) -> float:
        batch = default.batch_size * factor
        sized = default.model_copy(update={"batch_size": batch})
        steps = max(1, sizes.epoch // batch)
        return _least(lambda: trainer(training, sized, steps, device))

    return {
        "losses_are_the_cpus": bool(np.allclose(*trained, rtol=1e-3)),
        "xshot": epoch(bench_projector.xshot, sizes.device),
        "peer": epoch(bench_projector.metric_learning, sizes.device),
        "xshot_larger_batches": epoch(bench_projector.xshot, sizes.device, _LARGER),
        "xshot_on_cpu": epoch(bench_projector.xshot, "cpu"),
    }


def _least(work: Callable[[], object]) -> float:
    """Seconds of the quickest of three, after one that warms up; each ends by reading losses."""
    seconds = []
    for _ in range(4):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return round(min(seconds[1:]), 4)
