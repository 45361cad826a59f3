"""Encoder folders, made once for all tests of the package."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.encoder.folders import LITE, SIGLIP, VIT, write_folder
from xshot.encoder.encode import Encoder
from xshot.encoder.folder import read_folder
from xshot.encoder.loading import load_encoder


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def vit_folder(tmp_path_factory) -> Path:
    return write_folder(tmp_path_factory.mktemp("encoders") / "vit", VIT)


@pytest.fixture(scope="session")
def lite_folder(tmp_path_factory) -> Path:
    return write_folder(tmp_path_factory.mktemp("encoders") / "lite", LITE)


@pytest.fixture(scope="session")
def siglip_folder(tmp_path_factory) -> Path:
    return write_folder(tmp_path_factory.mktemp("encoders") / "siglip", SIGLIP)


@pytest.fixture(scope="session", params=["vit", "lite", "siglip"])
def folder(request) -> Path:
    """Each kind of model folder in turn."""
    path: Path = request.getfixturevalue(f"{request.param}_folder")
    return path


@pytest.fixture(scope="session", params=["float32", "bfloat16"])
def encoder(request, folder) -> Encoder:
    """Each kind of model in each precision."""
    return load(folder, request.param)


@pytest.fixture(scope="session")
def pictures() -> list[Image.Image]:
    """Nineteen pictures: gradients with a coloured patch, so that no two are alike."""
    rng = np.random.default_rng(0)
    return [picture(rng) for _ in range(19)]


def picture(rng: np.random.Generator, size: int = 48) -> Image.Image:
    """A random gradient with a random patch."""
    ramp = np.linspace(0, 1, size)
    pixels = ramp[:, None, None] * rng.uniform(0, 255, 3) + ramp[None, :, None] * 40
    top, left = rng.integers(0, size // 2, 2)
    pixels[top : top + size // 3, left : left + size // 3] = rng.uniform(0, 255, 3)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def load(
    path: Path, precision: str = "float32", *, long_texts: str = "truncate", images: bool = True
) -> Encoder:
    return load_encoder(
        read_folder(path),
        precision=precision,
        device="cpu",
        batch_size=1,
        long_texts=long_texts,
        images=images,
    )
