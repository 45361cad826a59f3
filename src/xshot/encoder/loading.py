"""An open_clip model's files to an `Encoder`: offline, and without executing anything out of it."""

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pickle import UnpicklingError
from threading import Lock
from typing import Any

import numpy as np
import open_clip
import torch
from open_clip.tokenizer import HFTokenizer
from PIL import Image
from safetensors import SafetensorError
from torch import nn

from xshot.encoder.attention import replace_attention
from xshot.encoder.encode import Encoder
from xshot.encoder.folder import EncoderFiles
from xshot.encoder.precision import Precision
from xshot.encoder.texts import LongTexts, Tokenizer
from xshot.encoder.towers import fold_batch_norm, lower_precision, takes_short_texts
from xshot.errors import UserError
from xshot.reading import explain_damage

_LOG = logging.getLogger(__name__)

# Said while it is refused: the error says so, too.
warnings.filterwarnings("ignore", message=".*looks like a TorchScript archive")


def load_encoder(
    files: EncoderFiles,
    *,
    precision: Precision,
    device: str,
    batch_size: int,
    long_texts: LongTexts = "split",
    images: bool = True,
) -> Encoder:
    """Load an open_clip model for inference.

    Args:
        files: what `read_encoder_files` found.
        precision: what the towers compute in, as `resolve_precision` says.
        device: `cpu` or `cuda:N`, as `resolve_device` says.
        batch_size: rows per pass on a GPU.
        long_texts: what becomes of a text longer than the context.
        images: whether images will be encoded, too; preparing for them takes most of the time.

    Raises:
        UserError: open_clip cannot build what the config describes, or the weights do not fit it.
    """
    with _without_chatter():
        model, preprocess = _build(files)
        _load_weights(model, files)
        tokenizer = _tokenizer(model, files, long_texts)
    model.eval().requires_grad_(False)
    replace_attention(model)
    # Of both towers together: how many rows a pass has must not depend on `images`.
    pass_rows = _cpu_rows(model) if device == "cpu" else batch_size
    dtype = getattr(torch, precision)
    if images:
        samples = torch.stack([preprocess(image) for image in _samples()])
        model.visual = fold_batch_norm(model.get_submodule("visual"), samples)
        if precision != "float32":
            lower_precision(model, dtype, samples)
    else:
        model.visual = nn.Identity()
        model.to(dtype)
    model.to(memory_format=torch.channels_last).to(device)
    exact = None
    if precision == "float16":
        exact = _once(
            lambda: load_encoder(
                files,
                precision="float32",
                device=device,
                batch_size=batch_size,
                long_texts=long_texts,
                images=images,
            )
        )
    return Encoder(model, preprocess, tokenizer, device, pass_rows, exact)


def _once(load: Callable[[], Encoder]) -> Callable[[], Encoder]:
    """`load`, called when a row first overflows, by whichever thread has it."""
    lock = Lock()
    loaded: list[Encoder] = []

    def exact() -> Encoder:
        with lock:
            if not loaded:
                _LOG.warning("some rows overflow in float16; these are encoded in float32")
                loaded.append(load())
            return loaded[0]

    return exact


def _build(files: EncoderFiles) -> tuple[nn.Module, Any]:
    changes: dict[str, Any] = {}
    if files.architecture is not None:
        changes = {f"image_{key}": value for key, value in files.config["preprocess_cfg"].items()}
    if files.text_config.get("hf_model_name"):
        # Its config lies in the folder, whatever path or hub name the model was trained with.
        changes["text_cfg"] = {**files.text_config, "hf_model_name": str(files.path)}
        changes["text_cfg"]["hf_model_pretrained"] = False
    try:
        model, _, preprocess = open_clip.create_model_and_transforms(
            files.open_clip_name, load_weights=False, pretrained_text=False, **changes
        )
    # open_clip, timm and transformers raise whatever a wrong config makes them trip over
    except Exception as error:
        raise UserError(
            f"{files.declaration}: open_clip cannot build this model: {error}"
        ) from None
    return model, preprocess


def _load_weights(model: nn.Module, files: EncoderFiles) -> None:
    try:
        open_clip.load_checkpoint(model, str(files.weights), strict=True)
    except (OSError, SafetensorError, UnpicklingError, EOFError) as error:
        told = explain_damage(error, "copy it again", "damaged, or not plain weights")
        raise UserError(f"{files.weights}: {told}") from None
    # open_clip first converts and resizes, asserting as it goes, then compares
    except Exception as error:
        if "TorchScript" in str(error):
            raise UserError(
                f"{files.weights}: a TorchScript archive, which is a program; use plain weights "
                "(pipeline/sources/hub has OpenAI's)"
            ) from None
        raise UserError(
            f"{files.weights}: not the weights of the architecture in {files.declaration}: "
            f"{_first_line(error)}; take weights and architecture from the same model"
        ) from None


def _tokenizer(model: nn.Module, files: EncoderFiles, long_texts: LongTexts) -> Tokenizer:
    try:
        tokenize = open_clip.get_tokenizer(files.open_clip_name)
    except Exception as error:
        raise UserError(
            f"{files.path}: its tokenizer cannot be loaded: {_first_line(error)}; "
            "copy the tokenizer files again"
        ) from None
    padding, cut, closing = 0, takes_short_texts(model), 0
    if isinstance(tokenize, HFTokenizer):
        padding = tokenize.tokenizer.pad_token_id
        closing = int(tokenize.tokenizer_mode == "clips")
        # The tower masks what its own config calls padding.
        config = getattr(getattr(model, "text", None), "config", None)
        cut = cut and padding == getattr(config, "pad_token_id", None)
    return Tokenizer(
        tokenize,
        context=tokenize.context_length,
        padding=padding,
        cut=cut,
        long_texts=long_texts,
        closing=closing,
    )


def _cpu_rows(model: nn.Module) -> int:
    """Rows per pass on one CPU thread: few, as the maps of more fall out of its caches.

    Elementwise kernels treat the last (up to 63) numbers of a tensor apart. Only if a pass holds a
    multiple of 64 numbers in every layer are a row's bits the same at every place in it.
    """
    layers = [m for m in model.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    return 8 if all(layer.weight.shape[0] % 8 == 0 for layer in layers) else 64


def _samples() -> list[Image.Image]:
    """Soft colours and plain white: pictures enough to tell what is common to pictures."""
    rng = np.random.default_rng(0)
    soft = [Image.fromarray(rng.integers(0, 256, (7, 7, 3), np.uint8)) for _ in range(6)]
    return [*soft, *[Image.new("RGB", (7, 7), "white")] * 2]


def _first_line(error: Exception) -> str:
    # load_state_dict starts with a headline; what is wrong comes next.
    lines = [line.strip() for line in str(error).splitlines()] or [type(error).__name__]
    line = lines[1] if len(lines) > 1 and lines[0].startswith("Error(s) in loading") else lines[0]
    return line if len(line) <= 160 else f"{line[:160]} ..."


@contextmanager
def _without_chatter() -> Iterator[None]:
    """Keep open_clip's remarks on the root logger (it warns of the random start) to itself."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
