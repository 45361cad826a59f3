"""Stage `freeze`: an open_clip model of the hub as a folder that `clip.weights` can name.

    python -m pipeline.sources.hub.freeze ViT-B-32-quickgelu openai models/encoders/vit-b-32-openai

The folder holds config, preprocessing, weights and tokenizer: with it nothing is asked of the
network again, and nothing changes when the hub does.
"""

import json
import logging
import sys
from pathlib import Path
from typing import Any

import open_clip
from open_clip.tokenizer import HFTokenizer
from safetensors.torch import save_file
from torch import nn

from pipeline.sources.hub.fetch import fetch
from pipeline.sources.hub.pairs import check_pair
from xshot.errors import UserError, one_line_errors
from xshot.store.atomic import atomic_dir

_PREPROCESSING = ("mean", "std", "interpolation", "resize_mode")


def freeze(name: str, tag: str, folder: Path) -> None:
    """Write `folder` with the open_clip model `name` and its weights `tag`.

    Raises:
        UserError: there is no such pair, its activations do not fit, or it cannot be fetched.
    """
    check_pair(name, tag)
    model, tokenizer = fetch(name, tag)
    with atomic_dir(folder) as temporary:
        _write_config(temporary, name, tag, model)
        # Copies, as safetensors refuses tensors that share memory.
        weights = {key: tensor.detach().clone() for key, tensor in model.state_dict().items()}
        save_file(
            {key: tensor.contiguous() for key, tensor in weights.items()},
            temporary / "open_clip_model.safetensors",
        )
        if isinstance(tokenizer, HFTokenizer):
            tokenizer.save_pretrained(temporary)


def _write_config(folder: Path, name: str, tag: str, model: nn.Module) -> None:
    model_config = open_clip.get_model_config(name)
    preprocessing: dict[str, Any] = model.get_submodule("visual").preprocess_cfg  # type: ignore[assignment]
    config = {
        "model_cfg": model_config,
        "preprocess_cfg": {key: preprocessing[key] for key in _PREPROCESSING},
        # Not open_clip's: lets the reader notice an activation that was edited afterwards.
        "pretrained": {
            "model": name,
            "tag": tag,
            "quick_gelu": bool(model_config.get("quick_gelu")),
        },
    }
    text = json.dumps(config, indent=2) + "\n"
    (folder / "open_clip_config.json").write_text(text, encoding="utf-8")
    if model_config["text_cfg"].get("hf_model_name"):
        model.get_submodule("text").config.save_pretrained(folder)  # type: ignore[operator, union-attr]


def main() -> None:
    """Freeze the model and weights, into the folder, that the command line names."""
    if len(sys.argv) != 4:
        raise UserError(f"three words are needed: model, weights, folder; not {len(sys.argv) - 1}")
    freeze(sys.argv[1], sys.argv[2], Path(sys.argv[3]))


if __name__ == "__main__":
    logging.disable(logging.ERROR)  # open_clip reports on its own what is reported here
    with one_line_errors():
        main()
