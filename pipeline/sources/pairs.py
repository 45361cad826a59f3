"""What the embedded encoders are trained on: another artist's drawings, ImageNet's class names."""

from dataclasses import dataclass

from open_clip import IMAGENET_CLASSNAMES
from torch import Tensor

from pipeline.sources import image_tower, text_tower
from pipeline.sources.emoji import Concept, twemoji_svg
from pipeline.sources.lit import Pairs


@dataclass(frozen=True)
class Towers:
    """Weights of the frozen towers, under timm's and transformers' names."""

    image: dict[str, Tensor]
    text: dict[str, Tensor]


def read_towers() -> Towers:
    """Both towers out of their pip packages."""
    return Towers(image_tower.read_weights(), text_tower.read_weights())


def drawing_pairs(concepts: list[Concept], towers: Towers, *, threads: int) -> Pairs:
    """Twemoji's drawings, four views each, with the same captions that OpenMoji's will have."""
    drawings = [twemoji_svg(concept) for concept in concepts]
    captions = [concept.caption for concept in concepts]
    return Pairs(
        image_tower.view_features(drawings, towers.image, threads=threads),
        text_tower.text_features(captions, towers.text, threads=threads),
    )


def class_name_pairs(towers: Towers, *, threads: int) -> Pairs:
    """ImageNet's class names; the classifier's own row stands for the pictures of its class."""
    rows = towers.image["classifier.weight"]
    captions = [f"a picture of {name}" for name in IMAGENET_CLASSNAMES]
    return Pairs(rows[:, None], text_tower.text_features(captions, towers.text, threads=threads))
