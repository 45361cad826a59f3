"""Extraction beside the loop of open_clip's README, the bare forward pass and decoding alone.

Images a second throughout. The pictures are JPEG files of 500 x 375, made on the spot; their making
and the models' loading are not counted.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.bench_encoding import images, save_photos
from benchmarks.encoders import ReadmeLoop, load_xshot, save_model
from benchmarks.gpu_parts.sizes import Sizes, architecture
from benchmarks.threads import CORES
from xshot.encoder.encode import Encoder
from xshot.encoder.workers import map_in_order
from xshot.pictures import decode_image

_DISTINCT = 500
_COMPARED = 64
_PRECISIONS = ("float16", "bfloat16", "float32")


def findings(sizes: Sizes) -> Iterator[tuple[str, Any]]:
    """Decoding alone, then each model: bare passes, the plain loop, extraction."""
    with TemporaryDirectory() as scratch:
        files = save_files(Path(scratch), sizes.pictures)
        yield "decode_jpeg_on_gpu", _or_why_not(partial(_nvjpeg, files[:2048], sizes.device))
        for name, batch in sizes.models.items():
            folder = save_model(Path(scratch, name), architecture(name))
            yield name, _model(folder, files, batch, sizes)


def save_files(folder: Path, count: int) -> list[Path]:
    """Files whose bytes all differ: a few pictures, each many times with a number at its end."""
    photos = save_photos(folder / "photos", min(count, _DISTINCT))
    contents = [photo.read_bytes() for photo in photos]
    files = [folder / f"{number}.jpg" for number in range(count)]
    for number, file in enumerate(files):
        file.write_bytes(contents[number % len(contents)] + number.to_bytes(4))
    return files


def _model(folder: Path, files: list[Path], batch: int, sizes: Sizes) -> dict[str, Any]:
    found: dict[str, Any] = {"batch": batch}
    load = partial(load_xshot, folder, device=sizes.device, batch_size=batch)
    features = {}
    for precision in _PRECISIONS:
        encoder = load(precision=precision)
        features[precision] = images(encoder, files[:_COMPARED])
        found[f"forward_{precision}"] = _or_why_not(partial(_forward, encoder, sizes))
    for precision in _PRECISIONS[:2]:
        cosines = (features[precision] * features["float32"]).sum(axis=1)
        found[f"one_less_cosine_{precision}"] = float(1 - cosines.min())
    auto = load(precision="float16")
    found["forward_compiled"] = _or_why_not(partial(_compiled, auto, sizes))
    some = files[: 4 * sizes.loop_pictures]
    found["read_decode_preprocess"] = _rate(len(some), partial(_decode, auto, some))
    loop = ReadmeLoop.load(folder, sizes.device)
    loop.images(files[:32])
    found["plain_loop"] = _rate(
        sizes.loop_pictures, lambda: loop.images(files[: sizes.loop_pictures])
    )
    found["extraction"] = _rate(len(files), lambda: images(auto, files))
    found["repeated_bits_equal"] = bool(
        np.array_equal(images(auto, files[:_COMPARED]), features["float16"])
    )
    found["extraction_over_plain_loop"] = round(found["extraction"] / found["plain_loop"], 2)
    return found


def _decode(encoder: Encoder, files: list[Path]) -> None:
    def pixels(file: Path) -> Tensor:
        return encoder.preprocess(decode_image(file.read_bytes()))

    for _ in map_in_order(pixels, files, threads=CORES):
        pass


@torch.inference_mode()
def _forward(encoder: Encoder, sizes: Sizes, *, compiled: bool = False) -> float:
    """Passes over one batch that lies on the device, as long as `bare_seconds`."""
    size = encoder.model.get_submodule("visual").image_size
    side = size[0] if isinstance(size, tuple) else size
    batch = torch.rand(encoder.pass_rows, 3, side, side, device=sizes.device)
    batch = batch.contiguous(memory_format=torch.channels_last)
    tower: Callable[[Tensor], Tensor] = encoder.model.encode_image
    if compiled:
        tower = torch.compile(tower, mode="reduce-overhead")
    for _ in range(3):
        tower(batch)
    passes, start = 0, time.perf_counter()
    _wait(sizes.device)
    while time.perf_counter() - start < sizes.bare_seconds:
        tower(batch)
        _wait(sizes.device)
        passes += 1
    return round(passes * len(batch) / (time.perf_counter() - start), 1)


def _compiled(encoder: Encoder, sizes: Sizes) -> float:
    """With CUDA graphs, which need one place in memory for all inputs."""
    if sizes.device == "cpu":
        raise RuntimeError("compiled on a GPU only")
    return _forward(encoder, sizes, compiled=True)


def _nvjpeg(files: list[Path], device: str) -> float:
    """Decoding by torchvision on the GPU, without resizing."""
    from torchvision.io import ImageReadMode, decode_jpeg, read_file

    data = [read_file(str(file)) for file in files]
    decode = partial(decode_jpeg, mode=ImageReadMode.RGB, device=device)
    decode(data[:32])

    def decode_all() -> None:
        for start in range(0, len(data), 64):
            decode(data[start : start + 64])
        _wait(device)

    return _rate(len(data), decode_all)


def _rate(count: int, work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return round(count / (time.perf_counter() - start), 1)


def _or_why_not(measure: Callable[[], float]) -> float | str:
    """A figure, or in a line why there is none: not every card has every way."""
    try:
        return measure()
    except Exception as error:
        return (str(error) or type(error).__name__).splitlines()[0][:200]


def _wait(device: str) -> None:
    if device != "cpu":
        torch.cuda.synchronize(device)
