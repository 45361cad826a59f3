"""Section `data` of params.yaml."""

from typing import ClassVar, Literal

from pydantic import Field

from xshot.datasets.overlaps import Overlaps
from xshot.params import Section

DatasetName = Literal[
    "openmoji",
    "manifest",
    "wikipedia",
    "pascal_sentence",
    "nus_wide",
    "nus_wide_10k",
    "nus_wide_81",
    "xmedianet",
    "coco_captions",
    "imported",
]


class DataParams(Section):
    """Which images and texts, and how they are split where the dataset brings no split."""

    key: ClassVar[str] = "data"

    name: DatasetName = Field(
        default="openmoji", description="the dataset's layout; `manifest` for files of your own"
    )
    root: str = Field(
        default="data/sources/openmoji", min_length=1, description="the dataset's folder"
    )
    split_seed: int = Field(
        default=0, ge=0, lt=2**32, description="draws the test rows; not the episode"
    )
    test_fraction: float = Field(
        default=0.4, gt=0, lt=1, description="share of each class that is test"
    )
    min_test: int = Field(default=5, ge=1, description="test rows of a class, at least")
    overlaps: Overlaps = Field(
        default="keep",
        description="where the dataset's own split has pictures in both parts: their training rows "
        "are kept, as published, or dropped",
    )
    on_bad_image: Literal["error", "skip"] = Field(
        default="error",
        description="a picture that cannot be decoded stops `extract` or, up to max_rejected of "
        "them, is listed in rejected.csv",
    )
    max_rejected: int = Field(
        default=0, ge=0, description="more skipped rows than this stop `extract`"
    )
