"""The prompts that stand for a class, where `clip.templates` leaves them to the data set."""

from typing import Literal

from xshot.datasets.params import DatasetName

Templates = tuple[str, ...]

EMBEDDED: Templates = (
    "a picture of {}",
    "an icon of {}",
    "a drawing of {}",
    "an emoji of {}",
    "{}",
)
"""Of the embedded set's drawings."""

PHOTOS: Templates = (
    "itap of a {}.",
    "a bad photo of the {}.",
    "a origami {}.",
    "a photo of the large {}.",
    "a {} in a video game.",
    "art of the {}.",
    "a photo of the small {}.",
)
"""The seven that CLIP's authors found to do best together (openai/CLIP, prompt engineering for
ImageNet), which Tip-Adapter and others took over."""

_UNKNOWN: tuple[DatasetName, ...] = ("manifest", "imported")
"""Anybody's pictures: what fits them only their owner can say."""


def choose_templates(given: Templates | Literal["auto"], name: DatasetName) -> Templates:
    """`clip.templates`, or for `auto` the data set's own: photos have those of the field."""
    if given != "auto":
        return given
    return EMBEDDED if name in ("openmoji", *_UNKNOWN) else PHOTOS


def doubt_templates(templates: Templates, name: DatasetName) -> str | None:
    """What to say where the embedded set's prompts stand for the classes of other pictures."""
    if name == "openmoji" or templates != EMBEDDED:
        return None
    return (
        f"class prompts are those of the embedded set's drawings ({templates[0]!r}, ...); for "
        "other pictures set clip.templates, such as ['a photo of a {}.'] for photos"
    )
