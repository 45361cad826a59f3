"""The encoders that are timed, each as XShot and as the README of open_clip load it."""

import json
from collections.abc import Callable
from contextlib import redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from xshot.encoder.encode import Encoder
from xshot.encoder.folder import CONFIG, read_folder
from xshot.encoder.loading import load_encoder
from xshot.encoder.precision import resolve_precision

EMBEDDED = Path("models/encoders/openmoji-lite")
_BATCH = 32

Matrix = NDArray[np.float32]


def save_vit(folder: Path) -> Path:
    """ViT-B-32 with random weights, as an open_clip folder."""
    folder.mkdir()
    torch.manual_seed(0)
    with redirect_stderr(StringIO()):  # no pretrained weights, it warns
        model = open_clip.create_model("ViT-B-32")
    config = {
        "model_cfg": open_clip.get_model_config("ViT-B-32"),
        "preprocess_cfg": open_clip.get_model_preprocess_cfg(model),
    }
    (folder / CONFIG).write_text(json.dumps(config))
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    return folder


def load_xshot(folder: Path) -> Encoder:
    """As the stage `extract` loads it, in the precision that `auto` means."""
    precision = resolve_precision("auto", "cpu")
    return load_encoder(
        read_folder(folder),
        precision=precision,
        device="cpu",
        batch_size=64,
        long_texts="truncate",
    )


@dataclass(frozen=True)
class ReadmeLoop:
    """The loop that open_clip's README shows: float32, eager, batches of 32, no workers."""

    model: Any
    preprocess: Callable[[Image.Image], Tensor]
    tokenizer: Callable[[list[str]], Tensor]

    @classmethod
    def load(cls, folder: Path) -> "ReadmeLoop":
        """From an open_clip folder."""
        model, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{folder}")
        model.eval()
        return cls(model, preprocess, open_clip.get_tokenizer(f"local-dir:{folder}"))

    @torch.no_grad()
    def images(self, files: list[Path]) -> Matrix:
        """Features (N, D), unit norm."""
        parts = []
        for start in range(0, len(files), _BATCH):
            images = [self.preprocess(Image.open(file)) for file in files[start : start + _BATCH]]
            features = self.model.encode_image(torch.stack(images))
            parts.append(features / features.norm(dim=-1, keepdim=True))
        return torch.cat(parts).numpy()

    @torch.no_grad()
    def texts(self, texts: list[str]) -> Matrix:
        """Features (N, D), unit norm."""
        parts = []
        for start in range(0, len(texts), _BATCH):
            features = self.model.encode_text(self.tokenizer(texts[start : start + _BATCH]))
            parts.append(features / features.norm(dim=-1, keepdim=True))
        return torch.cat(parts).numpy()
