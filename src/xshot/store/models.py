"""Models on disk: tensors in `model.safetensors`, everything else in `config.json` beside it.

Both formats are plain data: loading one never executes code.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from xshot.errors import UserError
from xshot.reading import check_file, explain_damage, read_file

Tensors = dict[str, NDArray[np.generic]]


def save_model(folder: Path, tensors: Tensors, config: dict[str, Any]) -> None:
    """Write `tensors` and `config` into `folder` (made by the caller with `atomic_dir`).

    Raises:
        UserError: a tensor is not finite; no reader would take it.
    """
    for name, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise UserError(
                f"'{name}' of the model is not finite, so that nothing is written; bring the "
                "params of this stage back towards their defaults"
            )
    contiguous = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    # Written by Python, whose errors on a full disk are plain `OSError`s.
    (folder / "model.safetensors").write_bytes(save(contiguous))
    text = json.dumps(config, indent=2, sort_keys=True, allow_nan=False)
    (folder / "config.json").write_text(text + "\n", encoding="utf-8")


def load_model(folder: Path, *, stage: str) -> tuple[Tensors, dict[str, Any]]:
    """Read what `save_model` wrote.

    Raises:
        UserError: a file is absent or damaged; names the stage to re-run.
    """
    try:
        config = json.loads(read_file(folder / "config.json"))
        if not isinstance(config, dict):
            raise ValueError("config.json holds no object")
        check_file(folder / "model.safetensors")
        tensors = load_file(folder / "model.safetensors")
        for name, tensor in tensors.items():
            if not np.isfinite(tensor).all():
                raise ValueError(f"'{name}' is not finite")
    except FileNotFoundError as error:
        raise UserError(f"{error.filename or folder}: not found; run `dvc repro {stage}`") from None
    except (SafetensorError, OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        told = explain_damage(error, f"re-run `dvc repro {stage}`")
        raise UserError(f"{folder}: {told}") from None
    return tensors, config
