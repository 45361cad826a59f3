"""What a feature depends on besides the picture or the text itself."""

import hashlib
import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from xshot.encoder.files import FileHashes
from xshot.encoder.folder import EncoderFiles
from xshot.encoder.precision import Precision
from xshot.errors import UserError

_LIBRARIES = (
    "open_clip_torch",
    "pillow",
    "timm",
    "tokenizers",
    "torch",
    "torchvision",
    "transformers",
)

ARITHMETIC = 3
"""Raised when this package computes other bits from the same encoder: no cache mixes both."""


@dataclass(frozen=True)
class EncoderIdentity:
    """Which encoder, in which precision, on which kind of device.

    Attributes:
        fingerprint: hash of the details.
        details: hashes of weights, config and tokenizer files; preprocessing, precision, device.
    """

    fingerprint: str
    details: dict[str, Any]


def identify(
    files: EncoderFiles, *, precision: Precision, device: str, hashes: FileHashes
) -> EncoderIdentity:
    """Identify an encoder without loading it; the weights are read only if they have changed.

    Raises:
        UserError: a file cannot be read.
    """
    details: dict[str, Any] = {
        "weights_sha256": _hash(files.weights, hashes),
        "files_sha256": {file.name: _hash(file, hashes) for file in files.texts},
        "preprocessing": {
            "size": files.config["model_cfg"]["vision_cfg"].get("image_size"),
            **(files.config.get("preprocess_cfg") or {}),
        },
        "precision": precision,
        "device": device.partition(":")[0],
    }
    if files.architecture is not None:
        details["architecture"] = files.architecture
    return EncoderIdentity(_digest(details), details)


def cache_name(identity: EncoderIdentity, device: str) -> str:
    """Names what a cached feature's very bits depend on: code, libraries and hardware, too."""
    import torch

    hardware = (
        torch.backends.cpu.get_cpu_capability()
        if device == "cpu"
        else torch.cuda.get_device_name(device)
    )
    libraries = {name: version(name) for name in _LIBRARIES}
    return _digest([identity.fingerprint, ARITHMETIC, hardware, libraries])[:32]


def _hash(file: Path, hashes: FileHashes) -> str:
    try:
        return hashes.hash_file(file).hex()
    except OSError as error:
        raise UserError(f"{file}: {error.strerror}; make the encoder's folder readable") from None


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
