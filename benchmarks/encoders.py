"""The encoders that are timed, each as XShot and as the README of open_clip load it."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

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
from xshot.encoder.precision import Precision, resolve_precision

EMBEDDED = Path("models/encoders/openmoji-lite")
_BATCH = 32

Matrix = NDArray[np.float32]


def save_model(folder: Path, model_config: dict[str, Any]) -> Path:
    """A model with random weights, as an open_clip folder."""
    folder.mkdir()
    preprocessing = {"mean": open_clip.OPENAI_DATASET_MEAN, "std": open_clip.OPENAI_DATASET_STD}
    config = {"model_cfg": model_config, "preprocess_cfg": preprocessing}
    (folder / CONFIG).write_text(json.dumps(config))
    torch.manual_seed(0)
    model, _, _ = _quietly(folder, load_weights=False)
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    return folder


def load_xshot(
    folder: Path,
    *,
    device: str = "cpu",
    precision: Precision | Literal["auto"] = "auto",
    batch_size: int = 64,
) -> Encoder:
    """As the stage `extract` loads it."""
    return load_encoder(
        read_folder(folder),
        precision=resolve_precision("auto", device) if precision == "auto" else precision,
        device=device,
        batch_size=batch_size,
        long_texts="truncate",
    )


@dataclass(frozen=True)
class ReadmeLoop:
    """The loop that open_clip's README shows: eager, batches of 32, no workers.

    In float32 on a CPU, by torch.autocast on a GPU, as there.
    """

    model: Any
    preprocess: Callable[[Image.Image], Tensor]
    tokenizer: Callable[[list[str]], Tensor]
    device: str = "cpu"

    @classmethod
    def load(cls, folder: Path, device: str = "cpu") -> "ReadmeLoop":
        """From an open_clip folder."""
        model, _, preprocess = _quietly(folder)
        model.eval().to(device)
        return cls(model, preprocess, open_clip.get_tokenizer(f"local-dir:{folder}"), device)

    @torch.no_grad()
    def images(self, files: list[Path]) -> Matrix:
        """Features (N, D), unit norm."""
        parts = []
        for start in range(0, len(files), _BATCH):
            images = [self.preprocess(Image.open(file)) for file in files[start : start + _BATCH]]
            with torch.autocast("cuda", enabled=self.device != "cpu"):
                features = self.model.encode_image(torch.stack(images).to(self.device))
            parts.append(features.float() / features.float().norm(dim=-1, keepdim=True))
        return torch.cat(parts).cpu().numpy()

    @torch.no_grad()
    def texts(self, texts: list[str]) -> Matrix:
        """Features (N, D), unit norm."""
        parts = []
        for start in range(0, len(texts), _BATCH):
            features = self.model.encode_text(self.tokenizer(texts[start : start + _BATCH]))
            parts.append(features / features.norm(dim=-1, keepdim=True))
        return torch.cat(parts).numpy()


def _quietly(folder: Path, **options: Any) -> Any:
    """Model and preprocessing of a folder; of random weights open_clip warns."""
    logging.disable(logging.WARNING)
    try:
        return open_clip.create_model_and_transforms(f"local-dir:{folder}", **options)
    finally:
        logging.disable(logging.NOTSET)
