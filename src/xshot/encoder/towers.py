"""An open_clip model made ready for fast inference, its features all but unchanged."""

import copy
from typing import Any

import torch
from open_clip.hf_model import HFTextEncoder
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from xshot.encoder.rounding import round_convolutions

_SAME = 1e-4
_STEM = 3


@torch.no_grad()
def fold_batch_norm(tower: nn.Module, pixels: Tensor) -> nn.Module:
    """The image tower with each batch normalisation folded into the convolution before it.

    Pairs are taken in order of registration, which some architectures do not compute in. So the
    features of `pixels` (B, 3, H, W) are compared, and a tower that they differ on is left as is.
    """
    if not any(isinstance(module, nn.BatchNorm2d) for module in tower.modules()):
        return tower
    folded = copy.deepcopy(tower)
    _fold_in_order(folded)
    before, after = tower(pixels), folded(pixels)
    same = torch.allclose(after, before, rtol=0, atol=_SAME * float(before.abs().max()))
    return folded if same else tower


def _fold_in_order(tower: nn.Module) -> None:
    last = None
    for name, module in list(tower.named_modules()):
        if isinstance(module, nn.Conv2d):
            last = module
        elif isinstance(module, nn.BatchNorm2d) and last is not None:
            if last.out_channels != module.num_features or module.running_mean is None:
                continue
            last.weight, last.bias = fuse_conv_bn_weights(
                last.weight,
                last.bias,
                module.running_mean,
                module.running_var,  # type: ignore[arg-type]
                module.eps,
                module.weight,
                module.bias,
            )
            # timm's batch normalisation includes the activation
            tower.set_submodule(name, getattr(module, "act", nn.Identity()))
            last = None


@torch.no_grad()
def lower_precision(model: nn.Module, dtype: torch.dtype, pixels: Tensor) -> None:
    """Let both towers of an open_clip model compute in `dtype`, in place.

    Weights are cast too: they halve, and nothing is cast over and over as autocast does. The image
    tower's first convolutions stay in float32, as does what is left of batch normalisation, and the
    other convolutions are rounded with care: EfficientNet-Lite0's features in bfloat16 keep a
    cosine of 0.999 with float32's like this, and fall to 0.996 without.

    Args:
        model: open_clip model in float32.
        dtype: bfloat16 or float16.
        pixels: (B, 3, H, W) pictures to round by.
    """
    visual = model.get_submodule("visual")
    stem = _stem(visual)
    norms = [module for module in visual.modules() if isinstance(module, nn.BatchNorm2d)]
    exact = [(module, copy.deepcopy(module.state_dict())) for module in [*stem, *norms]]
    round_convolutions(visual, pixels, dtype)
    model.to(dtype)
    for module, weights in exact:
        module.float().load_state_dict(weights)
    for module in visual.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.register_forward_pre_hook(_cast_input)
    if stem:
        stem[-1].register_forward_hook(lambda _, __, output: output.to(dtype))


def _stem(visual: nn.Module) -> list[nn.Module]:
    """The tower's first convolutions, as long as no layer of another kind comes between."""
    stem: list[nn.Module] = []
    for module in visual.modules():
        if isinstance(module, nn.Conv2d):
            stem.append(module)
        elif not isinstance(module, nn.BatchNorm2d) and list(module.parameters(recurse=False)):
            break
    return stem[:_STEM]


def _cast_input(module: nn.Module, inputs: tuple[Tensor, ...]) -> Tensor:
    return inputs[0].to(module.weight.dtype)  # type: ignore[arg-type]


def takes_short_texts(model: nn.Module) -> bool:
    """Whether padding after a text's last token cannot change its features.

    True for towers that mask padding or read left to right up to the end token; not where the
    feature is read off the last, padded position, as SigLIP does.
    """
    text = getattr(model, "text", model)
    if isinstance(text, HFTextEncoder):
        return True
    pooling = getattr(text, "text_pool_type", getattr(text, "pool_type", None))
    causal = getattr(text, "attn_mask", None) is not None
    return causal and pooling == "argmax" and getattr(text, "cls_emb", None) is None


def text_features(model: nn.Module, tokens: Tensor) -> Tensor:
    """Features (B, D) of `tokens` (B, L); L is the context length unless short texts are taken."""
    features: Tensor
    text: Any = getattr(model, "text", model)
    if isinstance(text, HFTextEncoder) or not takes_short_texts(model):
        features = model.encode_text(tokens)  # type: ignore[operator]
        return features
    # open_clip's own towers insist on all positions of the context: the same steps, cut short.
    length = tokens.shape[1]
    states = text.token_embedding(tokens) + text.positional_embedding[:length]
    states = text.transformer(states, attn_mask=text.attn_mask[:length, :length])
    rows = torch.arange(len(tokens), device=tokens.device)
    # No token has a higher number than the end token.
    features = text.ln_final(states)[rows, tokens.argmax(dim=1)]
    projection = text.text_projection
    if isinstance(projection, nn.Module):
        features = projection(features)
    elif projection is not None:
        features = features @ projection
    return features
