"""Small open_clip model folders with random weights, saved as any other is."""

import json
import warnings
from pathlib import Path
from typing import Any

import open_clip
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import nn
from transformers import BertConfig, PreTrainedTokenizerFast

WORDS = [
    *("a", "an", "of", "the", "picture", "drawing", "icon", "emoji"),
    *("red", "green", "blue", "square", "circle", "line", "dog", "cat"),
]
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS]
PREPROCESSING = {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4], "interpolation": "bilinear"}

VIT = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "head_width": 32, "patch_size": 8},
    "text_cfg": {"context_length": 24, "width": 32, "heads": 2, "layers": 2, "vocab_size": 49408},
}
"""open_clip's own towers and byte-pair tokenizer, as CLIP has them."""

SIGLIP = {
    "embed_dim": 64,
    "custom_text": True,
    "vision_cfg": {"timm_model_name": "test_vit", "image_size": 160, "timm_proj": "none"},
    "text_cfg": {
        "context_length": 16,
        "width": 64,
        "heads": 2,
        "layers": 2,
        "vocab_size": 49408,
        "no_causal_mask": True,
        "pool_type": "last",
        "proj_bias": True,
    },
}
"""A text tower that reads its feature off the last, padded position."""

LITE = {
    "embed_dim": 16,
    "vision_cfg": {
        "timm_model_name": "test_efficientnet",
        "timm_pool": "",
        "timm_proj": "linear",
        "image_size": 64,
    },
    "text_cfg": {
        "hf_model_name": "where/it/was/trained",
        "hf_tokenizer_name": "where/it/was/trained",
        "hf_proj_type": "linear",
        "hf_pooler_type": "mean_pooler",
        "context_length": 12,
    },
}
"""A convolutional timm tower beside a Hugging Face one, as the embedded encoder is."""


def write_folder(path: Path, model_config: dict[str, Any], *, seed: int = 0) -> Path:
    """Save a model folder with random weights; the same seed gives the same weights."""
    path.mkdir(parents=True)
    config = {"model_cfg": model_config, "preprocess_cfg": PREPROCESSING}
    (path / "open_clip_config.json").write_text(json.dumps(config))
    if "hf_model_name" in model_config["text_cfg"]:
        _write_bert(path)
    if "hf_tokenizer_name" in model_config["text_cfg"]:
        _write_tokenizer(path)
    model, _ = open_clip_model(path, load_weights=False, seed=seed)
    weights = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    save_file(weights, path / "open_clip_model.safetensors")
    return path


def open_clip_model(
    path: Path, *, load_weights: bool = True, seed: int = 0
) -> tuple[nn.Module, Any]:
    """Model and preprocessing by open_clip alone: float32, eager."""
    text = json.loads((path / "open_clip_config.json").read_text())["model_cfg"]["text_cfg"]
    here = {"hf_model_name": str(path), "hf_model_pretrained": False}
    changes = {"text_cfg": {**text, **here}} if "hf_model_name" in text else {}
    with torch.random.fork_rng(), warnings.catch_warnings():
        torch.manual_seed(seed)
        model, _, preprocess = open_clip.create_model_and_transforms(
            f"local-dir:{path}", load_weights=load_weights, pretrained_text=False, **changes
        )
        if not load_weights:
            _spread_batch_norm(model)
    return model.eval(), preprocess


def _spread_batch_norm(model: nn.Module) -> None:
    # As after training: a fresh batch normalisation is the identity and hides mistakes.
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.weight, module.running_var):
                nn.init.uniform_(tensor, 0.5, 1.5)
            for tensor in (module.bias, module.running_mean):
                nn.init.normal_(tensor, std=0.3)


def _write_bert(path: Path) -> None:
    BertConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
    ).save_pretrained(path)


def _write_tokenizer(path: Path) -> None:
    numbers = {word: number for number, word in enumerate(VOCABULARY)}
    tokenizer = Tokenizer(models.WordLevel(numbers, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]"
    ).save_pretrained(path)
