"""Data that leave nothing to learn, or nothing to learn from: few rows, classes or differences."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

CLASSES = tuple(f"class {number}" for number in range(8))
ROW_WISE = ("image", "text", "labels")
FEATURES = ("image", "text", "class_features")
DIMENSIONS = 8

Arrays = dict[str, Any]


class Degenerate(NamedTuple):
    """A data set as arrays `image`, `text`, `labels`, `class_features` and `class_names`.

    Attributes:
        arrays: makes them; every class has as many rows in their first half as in their second.
        told: what every door says of them, a regular expression; "" = they are learned from.
        settings: of `episode` and `model`; else K = 1, and the first half of the classes is target.
        raw: nothing can be learned, so that raw CLIP is what must come out.
    """

    arrays: Callable[[], Arrays]
    told: str = ""
    settings: Mapping[str, Any] = MappingProxyType({})
    raw: bool = False


def plain(n_classes: int = 8, rows: int = 6, dimensions: int = DIMENSIONS) -> Arrays:
    """Clouds around the class prompts, the texts' in another place."""
    rng = np.random.default_rng(0)
    prompts = rng.normal(size=(n_classes, dimensions))
    labels = np.tile(np.arange(n_classes), rows)
    image, text = (
        prompts[labels] + 0.4 * rng.normal(size=(len(labels), dimensions)) + shift
        for shift in (0, 1)
    )
    return {
        "image": image,
        "text": text,
        "labels": labels,
        "class_features": prompts,
        "class_names": np.array(CLASSES[:n_classes]),
    }


def _with(**changes: Callable[[Arrays], Any]) -> Callable[[], Arrays]:
    """The plain arrays, some of them made of the plain ones."""

    def make() -> Arrays:
        arrays = plain()
        return arrays | {name: change(arrays) for name, change in changes.items()}

    return make


def _alike(name: str) -> Callable[[Arrays], Any]:
    """All rows as the first."""
    return lambda arrays: np.tile(arrays[name][:1], (len(arrays[name]), 1))


def _prompts(arrays: Arrays) -> Any:
    """The prompt of each row's class."""
    return arrays["class_features"][arrays["labels"]]


def _one_row(name: str, value: float) -> Callable[[Arrays], Any]:
    def change(arrays: Arrays) -> Any:
        changed = arrays[name].astype(float)
        changed[3] = value
        return changed

    return change


def _cast(name: str, dtype: Any, factor: float = 1) -> Callable[[Arrays], Any]:
    return lambda arrays: (arrays[name] * factor).astype(dtype)


_NO_ROW = "row 4 is zero or not finite; leave it out or make it anew"
_FEW = "an episode learns from 2 source classes at least; name fewer in .*, or add classes"
_ALL = {"model": {"k_shot": "all"}}

DEGENERATE: dict[str, Degenerate] = {
    "plain": Degenerate(plain),
    "images alike": Degenerate(_with(image=_alike("image")), raw=True),
    "texts alike": Degenerate(_with(text=_alike("text")), raw=True),
    "images and texts alike": Degenerate(
        _with(image=_alike("image"), text=_alike("text")), raw=True
    ),
    "all alike": Degenerate(
        _with(**{name: _alike(name) for name in FEATURES}), raw=True
    ),
    "prompts alike": Degenerate(_with(class_features=_alike("class_features"))),
    "images of a class alike": Degenerate(_with(image=_prompts)),
    "texts are the prompts": Degenerate(_with(text=_prompts)),
    "all are the prompts": Degenerate(_with(image=_prompts, text=_prompts), raw=True),
    "texts are the images": Degenerate(_with(text=lambda arrays: arrays["image"])),
    "one line": Degenerate(
        _with(
            **{
                name: lambda arrays, name=name: np.outer(arrays[name][:, 0], np.ones(DIMENSIONS))
                for name in FEATURES
            }
        )
    ),
    "dimensions without use": Degenerate(
        _with(image=lambda arrays: np.pad(arrays["image"][:, :3], ((0, 0), (0, 5))))
    ),
    "two dimensions": Degenerate(lambda: plain(dimensions=2)),
    "more dimensions than rows": Degenerate(lambda: plain(4, 2, 64)),
    "float16": Degenerate(_with(image=_cast("image", np.float16), text=_cast("text", np.float16))),
    "whole numbers": Degenerate(
        _with(**{name: _cast(name, np.int8, 9) for name in FEATURES})
    ),
    "lowest whole number": Degenerate(
        _with(image=lambda arrays: np.where(arrays["image"] > 0, 127, -128).astype(np.int8))
    ),
    "smallest numbers": Degenerate(_with(image=_cast("image", np.float32, 1e-40))),
    "two training rows a class": Degenerate(lambda: plain(rows=4)),
    "one training row a class": Degenerate(lambda: plain(rows=2)),
    "three classes": Degenerate(lambda: plain(3), settings={"episode": {"target": ["class 0"]}}),
    "one target class": Degenerate(plain, settings={"episode": {"target": ["class 0"]}} | _ALL),
    "no shot": Degenerate(plain, settings={"model": {"k_shot": 0}}),
    "every shot": Degenerate(plain, settings=_ALL),
    "some rows without a class": Degenerate(
        _with(labels=lambda arrays: np.eye(8)[arrays["labels"]] * (np.arange(48) % 5 > 0)[:, None])
    ),
    "a class without rows": Degenerate(
        _with(labels=lambda arrays: np.eye(8)[np.minimum(arrays["labels"], 6)])
    ),
    # What no result can come of.
    "one row": Degenerate(lambda: plain(1, 1), "none is there, of two rows|" + _FEW),
    "two rows": Degenerate(lambda: plain(2, 1), _FEW),
    "one class": Degenerate(lambda: plain(1), "no features of the classes|" + _FEW),
    "two classes": Degenerate(lambda: plain(2), _FEW),
    "more shots than rows": Degenerate(
        plain, r"'class 0' has \d training.*lower model.k_shot", {"model": {"k_shot": 7}}
    ),
    "no rows": Degenerate(
        _with(**{name: lambda arrays, name=name: arrays[name][:0] for name in ROW_WISE}),
        "image: none is there, of two rows|images: empty.*give a row at least",
    ),
    "zeros": Degenerate(_with(image=_one_row("image", 0)), _NO_ROW),
    "no number": Degenerate(_with(text=_one_row("text", np.nan)), _NO_ROW),
    "infinite": Degenerate(_with(image=_one_row("image", np.inf)), _NO_ROW),
    "too large": Degenerate(
        _with(image=lambda arrays: arrays["image"] * 1e200), "row 1 is zero or not finite"
    ),
    "prompt of zeros": Degenerate(_with(class_features=_one_row("class_features", 0)), _NO_ROW),
    "one dimension": Degenerate(
        lambda: plain(dimensions=1), "image.* of two rows and dimensions|dimensions: 1, but.*two at"
    ),
    "no row with a class": Degenerate(
        _with(labels=lambda arrays: np.zeros((48, 8))), "labels: no row has one; rows without"
    ),
    "all rows with all classes": Degenerate(
        _with(labels=lambda arrays: np.ones((48, 8))), "no training row without a target label; "
    ),
    "label no number": Degenerate(
        _with(labels=_one_row("labels", 0.5)),
        "expected whole numbers, strings, or|row 4 is 0.5, which is no place.*; give names",
    ),
    "label below": Degenerate(
        _with(labels=_one_row("labels", -1)), "counted from 0|row 4 is -1.0.*; give names"
    ),
    "name empty": Degenerate(
        _with(class_names=lambda arrays: np.array([*CLASSES[:7], " "])),
        "class_names: row 8 is empty; name the class",
    ),
    "names alike": Degenerate(
        _with(class_names=lambda arrays: np.array(["a"] * 8)), "'a' is there twice; each class"
    ),
}  # fmt: skip
